"""smtp.py DIR - receive mail, on a port of 127.0.0.1 that is then in DIR/port.  Message N leaves DIR/N.from, DIR/N.to and DIR/N.mail."""
import os
import socketserver
import sys

DIR = sys.argv[1]
COUNT = 0


class Session(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def keep(self, what, data):
        with open(os.path.join(DIR, f"{COUNT}.{what}"), "wb") as f:
            f.write(data)

    def data(self):
        lines = iter(self.rfile.readline, b".\r\n")
        return b"".join(line[1:] if line.startswith(b".") else line for line in lines)

    def handle(self):
        global COUNT
        self.say("220 here")
        to = b""
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"MAIL":
                COUNT += 1
                self.keep("from", line)
            elif verb == b"RCPT":
                to += line
            elif verb == b"DATA":
                self.say("354 go on")
                self.keep("to", to)
                self.keep("mail", self.data().replace(b"\r\n", b"\n"))
            elif verb == b"QUIT":
                break
            self.say("250 good")
        self.say("221 bye")


server = socketserver.TCPServer(("127.0.0.1", 0), Session)
with open(os.path.join(DIR, "port.new"), "w") as f:
    f.write(str(server.server_address[1]))
os.rename(os.path.join(DIR, "port.new"), os.path.join(DIR, "port"))
server.serve_forever()
