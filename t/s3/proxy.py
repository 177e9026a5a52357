#!/usr/bin/python3
"""An HTTP proxy that stands in front of an S3 server and does to its clients what networks and servers do.

	proxy.py UPSTREAM-HOST:PORT DIR

It listens on a free port of 127.0.0.1, written to DIR/port, and passes requests on as they are, Host included, so
that signatures stay valid.  DIR/faults, read anew whenever it changed, has one fault a line; the first that fits a
request befalls it:

	OPERATION[#PART][/KEY-GLOB][:FIRST[-[LAST]]]  [done] ACTION [ARGUMENT ...]

OPERATION is Create UploadPart Complete Abort ListParts ListUploads Put Copy Head Get Delete DeleteMany List HeadBucket
CreateBucket Other, or *.  :2 is the second request that fits, :1-3 the first three, :2- all but the first; without a
colon it is every one.  An action that replaces the answer does so instead of asking the server, or with "done" after
the server has done what it was asked.

    instead of an answer, or, with "done", of the server's own
	answer STATUS CODE [K=V ...]	an <Error> with that code.  A lower-case K is a header (date=+3600 is an hour ahead, as is
					retry-after=+3600; location=upstream the real server), any other an element
					(Region=eu-west-1)
	body FILE [STATUS]		what FILE holds
	empty				200 and no body
	reset  close  stall		the whole request is read, then: RST, FIN, nothing for ever
	blanks SECONDS CODE		200, blanks for so long, and then an <Error>
    instead of reading the body
	early STATUS CODE [K=V ...]	answer, and close with the body unread
	reset-at BYTES  stall-at BYTES	RST, or read no more, after so much of the body
    on the way to the server
	flip				one bit of the body's middle
	slow BYTES			so many of the body a second
	mute-continue			100 Continue is not passed on
    on the way back
	etag wrong | none		of a header and of the XML
	cut BYTES			so much of the body, then FIN
	truncate BYTES			so much of the body, with a length to match
	flip-answer			one bit of the body's middle
	drip BYTES			so many of the body a second
	blanks SECONDS			200, blanks for so long, then the body;  blanks-inside: after the XML declaration
	delay SECONDS			and then the answer
	fin				the answer as it is, then FIN without a word
    whichever
	region NAME STATUS CODE [K=V ...]	as "answer", unless the request is signed for region NAME

DIR/seen gets a line a request when it is over, tab-separated: number, connection, operation, key, part, the server's
status, what the client was told (a status, or reset, closed, stalled, gone), the fault; "-" for none.  GET /.settled
is answered when no request is under way any more, and every line is there.
"""
import email.utils
import fnmatch
import itertools
import os
import re
import select
import socket
import socketserver
import struct
import sys
import threading
import time
from urllib.parse import parse_qs, urlsplit

PIECE = 256 * 1024

# Each action, and how many arguments it takes.
ACTIONS = {
    "answer": (2, 9), "body": (1, 2), "empty": (0, 0), "reset": (0, 0), "close": (0, 0), "stall": (0, 0), "blanks": (1, 2),
    "early": (2, 9), "reset-at": (1, 1), "stall-at": (1, 1),
    "flip": (0, 0), "slow": (1, 1), "mute-continue": (0, 0),
    "etag": (1, 1), "cut": (1, 1), "truncate": (1, 1), "flip-answer": (0, 0), "drip": (1, 1),
    "blanks-inside": (1, 1), "delay": (1, 1), "fin": (0, 0), "region": (3, 9),
}
REPLACING = {"answer", "body", "empty", "reset", "close", "stall", "blanks"}


class Gone(Exception):
    """The client or the server closed where it should not have."""


class Hurt(Exception):
    """The fault ends the connection: reset, closed or stalled."""


class Stream:
    """A socket with what was read from it too early."""

    def __init__(self, sock):
        self.sock, self.kept = sock, b""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def more(self, most=PIECE):
        data, self.kept = self.kept[:most], self.kept[most:]
        if not data:
            data = self.sock.recv(most)
        if not data:
            raise Gone
        return data

    def until(self, mark):
        """all up to and with MARK"""
        data = b""
        while mark not in data:
            data += self.more()
        end = data.index(mark) + len(mark)
        self.kept = data[end:] + self.kept
        return data[:end]

    def send(self, data):
        self.sock.sendall(data)

    def ready(self):
        return bool(self.kept) or bool(select.select([self.sock], [], [], 0)[0])


class Message:
    """A request's or an answer's head, and its body as it travels."""

    def __init__(self, stream):
        self.stream = stream
        self.head = stream.until(b"\r\n\r\n")
        lines = self.head.decode("latin-1").split("\r\n")
        self.first = lines[0].split(" ", 2)
        self.headers = {}
        for line in filter(None, lines[1:]):
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.chunked = "chunked" in self.headers.get("transfer-encoding", "").lower()
        self.length = int(self.headers.get("content-length", "0"))

    def body(self):
        """the pieces of the body, chunks with their frames"""
        if self.chunked:
            yield from self.chunks()
            return
        left = self.length
        while left:
            data = self.stream.more(min(left, PIECE))
            left -= len(data)
            yield data

    def chunks(self):
        while True:
            line = self.stream.until(b"\r\n")
            yield line
            left = int(line.split(b";")[0], 16) + 2
            last = left == 2
            while left:
                data = self.stream.more(min(left, PIECE))
                left -= len(data)
                yield data
            if last:
                return

    def content(self):
        """the whole body, without frames"""
        data = b"".join(self.body())
        if not self.chunked:
            return data
        whole = b""
        while True:
            size, _, data = data.partition(b"\r\n")
            size = int(size.split(b";")[0], 16)
            if not size:
                return whole
            whole, data = whole + data[:size], data[size + 2:]


class Request(Message):
    def __init__(self, stream):
        super().__init__(stream)
        self.method, self.target = self.first[0], self.first[1]
        url = urlsplit(self.target)
        self.query = parse_qs(url.query, keep_blank_values=True)
        path = url.path.lstrip("/")
        host = self.headers.get("host", "").split(":")[0]
        virtual = host.endswith(".localhost")
        self.key = path if virtual else path.partition("/")[2]
        self.part = self.query.get("partNumber", ["-"])[0]
        self.operation = self.named()
        self.expects = self.headers.get("expect", "").lower() == "100-continue"
        scope = re.search(r"Credential=[^,]*/\d{8}/([^/]*)/", self.headers.get("authorization", ""))
        self.region = scope.group(1) if scope else ""

    def named(self):
        if "uploads" in self.query:
            return {"POST": "Create", "GET": "ListUploads"}.get(self.method, "Other")
        if "uploadId" in self.query:
            return {"PUT": "UploadPart", "POST": "Complete", "DELETE": "Abort", "GET": "ListParts"}.get(self.method, "Other")
        if "delete" in self.query:
            return "DeleteMany"
        if self.key:
            kind = "Copy" if "x-amz-copy-source" in self.headers else "Put"
            return {"PUT": kind, "GET": "Get", "HEAD": "Head", "DELETE": "Delete"}.get(self.method, "Other")
        if self.method == "GET" and not self.query.keys() - {
                "list-type", "prefix", "delimiter", "max-keys", "continuation-token", "start-after", "encoding-type",
                "marker", "fetch-owner"}:
            return "List"
        return {"HEAD": "HeadBucket", "PUT": "CreateBucket"}.get(self.method, "Other")


class Answer(Message):
    def __init__(self, stream, request):
        super().__init__(stream)
        self.status = int(self.first[1])
        if request.method == "HEAD" or self.status in (204, 304):
            self.chunked, self.length = False, 0
        self.closes = self.headers.get("connection", "").lower() == "close"

    def plain(self, body, **changed):
        """this answer with BODY, its length told; a header that is None is left out"""
        headers = dict(self.headers, **{"content-length": str(len(body))}, **changed)
        headers.pop("transfer-encoding", None)
        told = "".join("%s: %s\r\n" % pair for pair in headers.items() if pair[1] is not None)
        return (" ".join(self.first) + "\r\n" + told + "\r\n").encode("latin-1") + body


class Fault:
    """One line of DIR/faults, and how many requests it fitted so far."""

    def __init__(self, line):
        self.text = line
        which, *words = line.split()
        match = re.fullmatch(r"([A-Za-z]+|\*)(?:#(\d+))?(?:/([^:]+))?(?::(\d+)(-(\d*))?)?", which)
        if not match:
            raise ValueError("cannot read: " + line)
        self.operation, self.part, self.glob, first, several, last = match.groups()
        self.first = int(first or 1)
        self.last = int(last) if last else self.first if first and not several else sys.maxsize
        self.done = words[0] == "done"
        self.action, *self.words = words[1:] if self.done else words
        least, most = ACTIONS[self.action]
        if not least <= len(self.words) <= most or (self.done and self.action not in REPLACING):
            raise ValueError("cannot do: " + line)
        self.fitted = 0

    def befalls(self, request):
        if self.operation not in ("*", request.operation) or (self.part and self.part != request.part):
            return False
        if self.glob and not fnmatch.fnmatchcase(request.key, self.glob):
            return False
        if self.action == "region" and self.words[0] == request.region:
            return False
        self.fitted += 1
        return self.first <= self.fitted <= self.last


class Plan:
    """The faults in force, and the log."""

    def __init__(self, directory, upstream):
        self.directory, self.upstream = directory, upstream
        self.lock = threading.Lock()
        self.faults, self.seen = [], None
        self.requests, self.connections = itertools.count(1), itertools.count(1)
        self.log = open(os.path.join(directory, "seen"), "a", buffering=1)
        self.under_way, self.settled = 0, threading.Condition(self.lock)

    def begin(self, request):
        """the request's number, and the fault for it or None"""
        with self.lock:
            self.under_way += 1
            self.read()
            fitting = [fault for fault in self.faults if fault.befalls(request)]
            return next(self.requests), fitting[0] if fitting else None

    def read(self):
        try:
            info = os.stat(os.path.join(self.directory, "faults"))
        except FileNotFoundError:
            return
        now = (info.st_mtime_ns, info.st_ino, info.st_size)
        if now == self.seen:
            return
        with open(os.path.join(self.directory, "faults")) as lines:
            self.faults = [Fault(line.strip()) for line in lines if line.strip()]
        self.seen = now

    def end(self, *words):
        with self.lock:
            self.log.write("\t".join(str(word) for word in words) + "\n")
            self.under_way -= 1
            self.settled.notify_all()

    def settle(self):
        with self.lock:
            self.settled.wait_for(lambda: not self.under_way)


def with_a_flip(pieces, length):
    """the same bytes but for one bit in the middle"""
    at = length // 2
    for data in pieces:
        if 0 <= at < len(data):
            data = data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1:]
        at -= len(data)
        yield data


def slowly(pieces, speed, client):
    """the same bytes, SPEED of them a second, while the client is there"""
    closed = select.poll()
    closed.register(client, select.POLLRDHUP)
    for data in pieces:
        step = max(1, speed // 20)
        for start in range(0, len(data), step):
            yield data[start:start + step]
            if closed.poll(1000 * step / speed):
                raise Gone


def error_answer(status, code, pairs, request, upstream):
    """an answer that a server could have given"""
    elements, headers = {}, {"date": email.utils.formatdate(usegmt=True)}
    for name, value in (pair.split("=", 1) for pair in pairs):
        if name == "date" or (name == "retry-after" and value.startswith("+")):
            headers[name] = email.utils.formatdate(time.time() + int(value), usegmt=True)
        elif name == "location" and value == "upstream":
            headers["location"] = "http://%s:%d%s" % (*upstream, request.target)
            elements["Endpoint"] = "%s:%d" % upstream
        elif name.islower() or not name[0].isupper():
            headers[name] = value
        else:
            elements[name] = value
    body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>by the proxy</Message>%s%s</Error>" % (
        code, "".join("<%s>%s</%s>" % (n, v, n) for n, v in elements.items()), "<RequestId>proxy</RequestId>")
    return raw_answer(status, body.encode(), headers, request)


def raw_answer(status, body, headers, request):
    told = "".join("%s: %s\r\n" % pair for pair in headers.items())
    head = "HTTP/1.1 %d %s\r\n%scontent-type: application/xml\r\ncontent-length: %d\r\n\r\n" % (
        status, "By The Proxy", told, len(body))
    return head.encode("latin-1") + (b"" if request.method == "HEAD" else body)


class Conversation(socketserver.BaseRequestHandler):
    """One connection of a client."""

    def handle(self):
        self.plan = self.server.plan
        self.number = next(self.plan.connections)
        self.client = Stream(self.request)
        try:
            while self.exchange():
                pass
        except (Gone, OSError):
            pass

    def exchange(self):
        """one request and its answer; whether another may follow"""
        request = Request(self.client)
        if request.target == "/.settled":
            self.plan.settle()
            self.client.send(raw_answer(200, b"", {}, request))
            return False
        number, fault = self.plan.begin(request)
        self.told = self.upstream_status = "-"
        self.keep = request.headers.get("connection", "").lower() != "close"
        try:
            self.answer(request, fault)
        except Hurt as hurt:
            self.told, self.keep = str(hurt), False
        except (Gone, OSError):
            self.told, self.keep = "gone", False
        self.plan.end(number, self.number, request.operation, request.key or "-", request.part, self.upstream_status,
                      self.told, fault.text if fault else "-")
        if self.told == "stalled":
            self.wait_for_the_client()
        return self.keep

    def answer(self, request, fault):
        action = fault.action if fault else "pass"
        words = fault.words if fault else []
        if action in REPLACING and (action, len(words)) != ("blanks", 1):
            self.replaced(request, fault)
        elif action == "early":
            self.tell(error_answer(int(words[0]), words[1], words[2:], request, self.plan.upstream), words[0])
            time.sleep(0.2)
            self.keep = False
        elif action == "region":
            self.read_all(request)
            self.tell(error_answer(int(words[1]), words[2], words[3:], request, self.plan.upstream), words[1])
        else:
            self.relay(request, self.forward(request, action, words), action, words)

    def replaced(self, request, fault):
        """the server is asked or not, and is not heard in either case"""
        if fault.done:
            self.forward(request, "pass", []).content()
        else:
            self.read_all(request)
        action, words = fault.action, fault.words
        if action == "answer":
            self.tell(error_answer(int(words[0]), words[1], words[2:], request, self.plan.upstream), words[0])
        elif action == "body":
            with open(words[0], "rb") as file:
                status = int(words[1]) if words[1:] else 200
                self.tell(raw_answer(status, file.read(), {}, request), status)
        elif action == "empty":
            self.tell(raw_answer(200, b"", {}, request), 200)
        elif action == "blanks":
            self.trickle(float(words[0]), b"", error_answer(200, words[1], [], request, self.plan.upstream).partition(b"\r\n\r\n")[2])
        else:
            self.hurt(action)

    def hurt(self, how):
        """RST, FIN, or nothing more"""
        if how == "reset":
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.request.close()
            raise Hurt("reset")
        if how == "close":
            raise Hurt("closed")
        raise Hurt("stalled")

    def wait_for_the_client(self):
        """until it closes; of a client that dies with much unsent we may never hear"""
        waiting = select.poll()
        waiting.register(self.request, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        waiting.poll(600000)

    def read_all(self, request):
        if request.expects:
            self.client.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        for _ in request.body():
            pass

    def tell(self, data, status):
        self.told = status
        self.client.send(data)

    def body_for(self, request, action, words):
        """the request's body as the fault lets it through"""
        if action == "flip":
            return with_a_flip(request.body(), request.length)
        if action == "slow":
            return slowly(request.body(), int(words[0]), self.request)
        if action in ("reset-at", "stall-at"):
            return self.cut_off(request, int(words[0]), action.partition("-")[0])
        return request.body()

    def cut_off(self, request, left, how):
        for data in request.body():
            yield data[:left]
            left -= len(data)
            if left <= 0:
                self.hurt(how)

    def forward(self, request, action, words):
        """ask the server; its answer, of which only the head was read"""
        upstream = Stream(socket.create_connection(self.plan.upstream))
        upstream.send(request.head)
        if request.expects and not self.goes_on(request, upstream, action == "mute-continue"):
            self.keep = False
        else:
            try:
                self.pump(self.body_for(request, action, words), upstream)
            except BrokenPipeError:
                self.keep = False
        answer = Answer(upstream, request)
        while answer.status == 100:
            answer = Answer(upstream, request)
        self.upstream_status = answer.status
        self.keep = self.keep and not answer.closes
        return answer

    def goes_on(self, request, upstream, mute):
        """the server, or the impatient client, lets the body follow"""
        if not self.client.ready():
            select.select([self.request] if mute else [self.request, upstream.sock], [], [])
        if mute:
            return True
        if not upstream.ready():
            return True
        head = upstream.until(b"\r\n\r\n")
        if head.split(b" ")[1] == b"100":
            self.client.send(head)
            return True
        upstream.kept = head + upstream.kept
        return False

    def pump(self, pieces, upstream):
        for data in pieces:
            upstream.send(data)
            if upstream.ready() and upstream.sock.recv(12, socket.MSG_PEEK) != b"HTTP/1.1 100":
                self.keep = False
                return

    def relay(self, request, answer, action, words):
        """the server's answer as the fault lets it through"""
        if action == "delay":
            time.sleep(float(words[0]))
        if action == "etag":
            changed = answer.headers.get("etag") and (None if words[0] == "none" else '"%032x"' % 0)
            body = answer.content()
            if words[0] == "none":
                body = re.sub(rb"<ETag>[^<]*</ETag>", b"", body)
            body = re.sub(rb"(<ETag>[^<]*?)[0-9a-f]{32}", rb"\g<1>%032x" % 0, body)
            self.tell(answer.plain(body, etag=changed), answer.status)
        elif action == "truncate":
            self.tell(answer.plain(answer.content()[:int(words[0])]), answer.status)
        elif action == "cut":
            body = answer.content()
            lost = max(1, len(body) - int(words[0]))
            self.tell(answer.plain(body)[:-lost], answer.status)
            raise Hurt("closed")
        elif action in ("blanks", "blanks-inside") and answer.status == 200:
            declared, rest = self.declaration(answer.content(), action == "blanks-inside")
            self.trickle(float(words[0]), declared, rest)
        else:
            self.pass_on(answer, action, words)
        if action == "fin":
            self.keep = False

    def pass_on(self, answer, action, words):
        self.tell(answer.head, answer.status)
        pieces = answer.body()
        if action == "flip-answer":
            pieces = with_a_flip(pieces, answer.length)
        if action == "drip":
            pieces = slowly(pieces, int(words[0]), self.request)
        for data in pieces:
            self.client.send(data)

    def declaration(self, body, inside):
        match = re.match(rb"\s*<\?xml[^>]*\?>\s*", body) if inside else None
        return (match.group(0), body[match.end():]) if match else (b"", body)

    def trickle(self, seconds, declared, rest):
        """200 at once, blanks for so long, and then the rest"""
        self.told = 200
        frame = lambda data: b"%x\r\n%s\r\n" % (len(data), data)
        self.client.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\ntransfer-encoding: chunked\r\n\r\n")
        self.client.send(frame(declared) if declared else b"")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.client.send(frame(b" "))
            time.sleep(0.2)
        self.client.send(frame(rest) + b"0\r\n\r\n")


class Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    host, _, port = sys.argv[1].rpartition(":")
    with Proxy(("127.0.0.1", 0), Conversation) as server:
        server.plan = Plan(sys.argv[2], (host, int(port)))
        server.plan.read()
        name = os.path.join(sys.argv[2], "port")
        with open(name + ".new", "w") as file:
            file.write("%d\n" % server.server_address[1])
        os.rename(name + ".new", name)
        server.serve_forever()


if __name__ == "__main__":
    main()
