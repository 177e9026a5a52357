#!/usr/bin/python3
"""As much of S3 as an upload needs, strict about what Amazon documents and no server here verifies.

	strict.py DIR [CERTIFICATE KEY]

It listens on a free port of 127.0.0.1, written to DIR/port, with TLS if it has a certificate.  Refused are: a body that
does not fit its Content-MD5, its signed SHA-256 or its x-amz-checksum-*; an upload begun without its algorithm or type
and then given checksums; a Complete whose checksums are not those of the parts, or of the object.  While DIR/demand
exists, a body without Content-MD5 is refused too, and every Create, Put or UploadPart answered as encrypted by a key of
the server's, with an ETag that is no MD5, while DIR/kms does.

DIR/seen gets a line a request: the operation, and each header that matters, sorted, as name=value.  Signatures are not
looked at.  Asked as a proxy, it answers for any host; a CONNECT it notes, with its host and port, and refuses.
"""
import base64
import hashlib
import os
import re
import ssl
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

LOCK = threading.Lock()
OBJECTS, UPLOADS = {}, {}
KINDS = {"crc32c": ("CRC32C", 0x82F63B78, 4), "crc64nvme": ("CRC64NVME", 0x9A6C9329AC4BC9B5, 8), "sha256": ("SHA256", 0, 32)}


class Refused(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code, self.text = code, text


def crc(body, polynomial, size):
    """bit by bit, but for a table of bytes"""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (polynomial if byte & 1 else 0)
        table.append(byte)
    ones = (1 << 8 * size) - 1
    value = ones
    for byte in body:
        value = table[(value ^ byte) & 255] ^ value >> 8
    return (value ^ ones).to_bytes(size, "big")


def checksum(kind, body):
    _, polynomial, size = KINDS[kind]
    raw = crc(body, polynomial, size) if polynomial else hashlib.sha256(body).digest()
    return base64.b64encode(raw).decode()


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def prepare(self):
        where = urlsplit(self.path)
        self.key = unquote(where.path)
        self.query = {name: values[0] for name, values in parse_qs(where.query, keep_blank_values=True).items()}
        self.body = self.rfile.read(int(self.headers.get("content-length", "0")))
        self.send = {}

    def operation(self):
        if self.command == "PUT":
            return "UploadPart" if "partNumber" in self.query else "Put"
        if self.command == "POST":
            return "Create" if "uploads" in self.query else "Complete"
        if self.command == "GET" and "uploads" in self.query:
            return "ListUploads"
        if self.command == "DELETE" and "uploadId" in self.query:
            return "Abort"
        return self.command.capitalize()

    def note(self, operation):
        matter = re.compile("x-amz-(?!date)|content-md5|if-none-match|range|host$")
        found = sorted("%s=%s" % (name.lower(), value) for name, value in self.headers.items() if matter.match(name.lower()))
        with LOCK, open(os.path.join(DIR, "seen"), "a") as seen:
            print("\t".join([operation] + found), file=seen)

    def check_body(self):
        header = self.headers.get
        if header("content-md5") and base64.b64decode(header("content-md5")) != hashlib.md5(self.body).digest():
            raise Refused("BadDigest", "Content-MD5")
        digest = header("x-amz-content-sha256")
        if digest != "UNSIGNED-PAYLOAD" and digest != hashlib.sha256(self.body).hexdigest():
            raise Refused("XAmzContentSHA256Mismatch", "x-amz-content-sha256")
        if self.command == "PUT" and not header("content-md5") and os.path.exists(os.path.join(DIR, "demand")):
            raise Refused("InvalidRequest", "Content-MD5 HTTP header is required for Put Part requests with Object Lock parameters")
        for kind in KINDS:
            told = header("x-amz-checksum-" + kind)
            if self.command == "PUT" and told and told != checksum(kind, self.body):
                raise Refused("BadDigest", "x-amz-checksum-" + kind)

    def etag(self, body):
        if os.path.exists(os.path.join(DIR, "kms")):
            self.send["x-amz-server-side-encryption"] = "aws:kms"
            return hashlib.md5(b"another" + body).hexdigest()
        return hashlib.md5(body).hexdigest()

    def do(self):
        self.prepare()
        operation = self.operation()
        self.note(operation)
        try:
            self.check_body()
            with LOCK:
                answer = getattr(self, "on_" + operation.lower())()
        except Refused as refused:
            self.answer(400, "<Error><Code>%s</Code><Message>%s</Message></Error>" % (refused.code, refused.text))
        except KeyError:
            self.answer(404, "<Error><Code>NoSuchKey</Code><Message>there is none</Message></Error>")
        else:
            self.answer(200, answer)

    def do_CONNECT(self):
        """asked for as a proxy: note for which host, and go no further"""
        with LOCK, open(os.path.join(DIR, "seen"), "a") as seen:
            print("CONNECT", self.path, sep="\t", file=seen)
        self.send_error(403)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do

    def answer(self, status, text):
        data = text if isinstance(text, bytes) else text.encode()
        self.send_response(status)
        for name, value in self.send.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def keep(self, body, etag, headers):
        kept = {name.lower(): value for name, value in headers.items() if name.lower().startswith("x-amz-")}
        if "x-amz-tagging" in kept:
            kept["x-amz-tagging-count"] = str(len(kept.pop("x-amz-tagging").split("&")))
        OBJECTS[self.key] = (body, dict(kept, etag='"%s"' % etag))

    def on_head(self):
        body, headers = OBJECTS[self.key]
        self.send.update(headers)
        return body

    on_get = on_head

    def on_put(self):
        etag = self.etag(self.body)
        self.keep(self.body, etag, self.headers)
        OBJECTS[self.key][1].update(self.send)
        self.send["etag"] = '"%s"' % etag
        return ""

    def on_create(self):
        self.etag(b"")
        upload = uuid.uuid4().hex
        UPLOADS[upload] = (self.headers, {})
        return "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>" % upload

    def on_uploadpart(self):
        headers, parts = UPLOADS[self.query["uploadId"]]
        for kind, (name, _, _) in KINDS.items():
            if self.headers.get("x-amz-checksum-" + kind) and headers.get("x-amz-checksum-algorithm") != name:
                raise Refused("InvalidRequest", "the upload was not begun with this checksum's algorithm")
        etag = self.etag(self.body)
        self.send["etag"] = '"%s"' % etag
        parts[int(self.query["partNumber"])] = (self.body, etag)
        return ""

    def on_complete(self):
        headers, parts = UPLOADS[self.query["uploadId"]]
        listed = ElementTree.fromstring(re.sub(rb' xmlns="[^"]*"', b"", self.body))
        kind = (headers.get("x-amz-checksum-algorithm") or "").lower()
        bodies, digests = [], []
        for part in listed.iter("Part"):
            body, etag = parts[int(part.findtext("PartNumber"))]
            if part.findtext("ETag").strip('"') != etag:
                raise Refused("InvalidPart", "ETag")
            if kind and part.findtext("Checksum" + KINDS[kind][0]) != checksum(kind, body):
                raise Refused("InvalidPart", "checksum")
            bodies.append(body)
            digests.append(bytes.fromhex(etag))
        self.check_whole(kind, headers, b"".join(bodies))
        etag = "%s-%d" % (hashlib.md5(b"".join(digests)).hexdigest(), len(digests))
        self.keep(b"".join(bodies), etag, headers)
        self.etag(b"")
        OBJECTS[self.key][1].update(self.send)
        del UPLOADS[self.query["uploadId"]]
        return "<CompleteMultipartUploadResult><ETag>&quot;%s&quot;</ETag></CompleteMultipartUploadResult>" % etag

    def check_whole(self, kind, headers, body):
        kind_of = headers.get("x-amz-checksum-type")
        if kind and kind_of != ("COMPOSITE" if kind == "sha256" else "FULL_OBJECT"):
            raise Refused("InvalidRequest", "x-amz-checksum-type at Create")
        if kind_of != "FULL_OBJECT":
            return
        if self.headers.get("x-amz-checksum-type") != kind_of or self.headers.get("x-amz-checksum-" + kind) != checksum(kind, body):
            raise Refused("BadDigest", "the checksum of the whole object")

    def on_abort(self):
        UPLOADS.pop(self.query["uploadId"], None)
        return ""

    def on_delete(self):
        OBJECTS.pop(self.key, None)
        return ""

    def on_listuploads(self):
        return "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"


DIR = sys.argv[1]
server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(os.path.join(DIR, "port.new"), "w") as port:
    print(server.server_address[1], file=port)
os.rename(os.path.join(DIR, "port.new"), os.path.join(DIR, "port"))
server.serve_forever()
