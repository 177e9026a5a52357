"""receiver.py DIR - receive what mm-post posts, on a port of 127.0.0.1 that is then in DIR/port.

Request N leaves DIR/N.path, DIR/N.headers and DIR/N.body. The first line of DIR/answers, if there is one, is taken
off and says how this request is answered: a status, or a status and a header, or "hang", or "drop"; else with 200.
"""
import http.server
import os
import socketserver
import sys
import threading
import time

DIR = sys.argv[1]
LOCK = threading.Lock()
COUNT = 0


def path(name):
    return os.path.join(DIR, name)


def next_answer():
    try:
        with open(path("answers")) as f:
            lines = f.read().splitlines()
    except FileNotFoundError:
        return "200"
    if not lines:
        return "200"
    with open(path("answers"), "w") as f:
        f.writelines(line + "\n" for line in lines[1:])
    return lines[0] or "200"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        global COUNT
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with LOCK:
            COUNT += 1
            for name, data in (("path", self.path.encode()), ("headers", bytes(self.headers)), ("body", body)):
                with open(path(f"{COUNT}.{name}"), "wb") as f:
                    f.write(data)
            words = next_answer().split(" ", 1)
        if words[0] == "hang":
            time.sleep(60)
        elif words[0] == "drop":
            self.close_connection = True
        else:
            self.send_response(int(words[0]))
            if len(words) > 1:
                self.send_header(*words[1].split(": ", 1))
            answer = ("you asked for " + self.path).encode()
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that have gone are what some tests are about."""


server = Server(("127.0.0.1", 0), Handler)
with open(path("port.new"), "w") as f:
    f.write(str(server.server_address[1]))
os.rename(path("port.new"), path("port"))
server.serve_forever()
