"""keys.py DIR - play the services that hand out AWS keys, on a port of 127.0.0.1 that is then in DIR/port.

    instance    /latest/...     EC2 metadata, version 2 alone
    container   /container      the endpoint of ECS and EKS
    sts         POST /          AssumeRole, whose signature is checked, and AssumeRoleWithWebIdentity

The secret of an access key X is canary-X, its session token canary-token-X. Files in DIR, read for every request,
say how it goes: `serial` is the number at the end of each access key (1), `life` the seconds until it expires
(3600), `mode` a misfortune. `log` gets a line for each request, `web-token` and `container-token` are what is
accepted. With `tls.pem`, a certificate and its key, it speaks https.
"""
import datetime
import hashlib
import hmac
import http.server
import json
import os
import socketserver
import ssl
import sys
import time
import urllib.parse

DIR = sys.argv[1]


def setting(name, default):
    try:
        with open(os.path.join(DIR, name)) as f:
            return f.read().strip()
    except FileNotFoundError:
        return default


def once(name):
    """Is there such a file?  There was."""
    try:
        os.unlink(os.path.join(DIR, name))
        return True
    except FileNotFoundError:
        return False


def fresh(kind):
    """A set of keys of a kind, and when it expires."""
    key = "AK" + kind.upper() + setting("serial", "1")
    end = datetime.datetime.utcnow() + datetime.timedelta(seconds=int(setting("life", "3600")))
    return key, "canary-" + key, "canary-token-" + key, end.strftime("%Y-%m-%dT%H:%M:%SZ")


def as_json(kind):
    key, secret, token, end = fresh(kind)
    return json.dumps({"Code": "Success", "AccessKeyId": key, "SecretAccessKey": secret, "Token": token,
                       "Expiration": end})


def as_xml(action, kind):
    key, secret, token, end = fresh(kind)
    return (f'<?xml version="1.0"?>\n<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            f"<{action}Result><AssumedRoleUser><Arn>x</Arn></AssumedRoleUser><Credentials>"
            f"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>"
            f"<SessionToken>{token}</SessionToken><Expiration>{end}</Expiration></Credentials>"
            f"</{action}Result></{action}Response>")


def error_xml(code, message):
    return ('<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
            f"<Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>")


def sign(method, path, headers, body, authorization):
    """The signature that these headers should have; Signature Version 4, from its description."""
    fields = dict(f.strip().split("=", 1) for f in authorization.split(" ", 1)[1].split(","))
    access, day, region, service, last = fields["Credential"].split("/")
    names = fields["SignedHeaders"].split(";")
    canonical = "\n".join([method, path, ""] + [f"{n}:{' '.join(headers[n].split())}" for n in names]
                          + ["", ";".join(names), hashlib.sha256(body).hexdigest()])
    scope = "/".join([day, region, service, last])
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4canary-" + access).encode()
    for part in (day, region, service, last):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    good = hmac.new(key, text.encode(), hashlib.sha256).hexdigest() == fields["Signature"]
    session = access[-1].isdigit()     # what this service gave out comes with a token
    return good and service == "sts" and "host" in names and (not session or (
        headers.get("x-amz-security-token") == "canary-token-" + access and "x-amz-security-token" in names))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, text):
        with open(os.path.join(DIR, "log"), "a") as f:
            f.write(text + "\n")

    def say(self, code, text, kind="text/plain"):
        body = text if isinstance(text, bytes) else text.encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def mishap(self, service):
        """What goes wrong today; True if it did."""
        mode = setting("mode", "")
        if once("fail-once"):
            mode = "500"
        if mode == "hang":
            time.sleep(60)
        elif mode == "drip":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for _ in range(600):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.1)
        elif mode == "huge":
            self.say(200, b"x" * (3 << 20))
        elif mode == "garbage":
            self.say(200, "canary garbage")
        elif mode == "drop":
            self.close_connection = True
        elif mode == "redirect":
            self.send_response(302)
            self.send_header("Location", "/container")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif mode == "ceph":
            self.say(404, "<Error><Code>NoSuchEntity</Code><RequestId>x</RequestId></Error>")
        elif mode.isdigit():
            self.say(int(mode), error_xml("Odd", "a\u009b31m\nb") if service == "sts" and mode == "400" else "canary")
        else:
            return False
        return True

    def do_PUT(self):
        self.note(f"PUT {self.path} {self.headers.get('X-aws-ec2-metadata-token-ttl-seconds')}")
        if setting("mode", "") == "hang":
            time.sleep(60)
        self.say(*self.imds_token())

    def imds_token(self):
        if setting("mode", "") == "no-imds":
            return 404, ""
        if self.path != "/latest/api/token" or not self.headers.get("X-aws-ec2-metadata-token-ttl-seconds"):
            return 400, ""
        return 200, "canary-imds=="

    def do_GET(self):
        self.note(f"GET {self.path}")
        roles = "/latest/meta-data/iam/security-credentials/"
        if self.path.startswith("/latest/") and self.headers.get("X-aws-ec2-metadata-token") != "canary-imds==":
            self.say(401, "")
        elif self.path == roles:
            self.say(*((404, "none") if setting("mode", "") == "no-role" else (200, "backup.role@x\n")))
        elif self.mishap("metadata"):
            return
        elif self.path == roles + "backup.role@x":
            self.say(200, as_json("instance"), "application/json")
        elif self.path == "/container":
            self.container()
        else:
            self.say(404, "")

    def container(self):
        want = setting("container-token", "")
        if want and self.headers.get("Authorization") != want:
            self.say(401, "")
        else:
            self.say(200, as_json("container"), "application/json")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        form = {k: v[0] for k, v in urllib.parse.parse_qs(body.decode()).items()}
        self.note("POST " + " ".join(f"{k}={form[k]}" for k in sorted(form) if "Token" not in k))
        if not self.mishap("sts"):
            self.say(*self.sts(form, body), "text/xml")

    def sts(self, form, body):
        action, role = form["Action"], form.get("RoleArn", "").rsplit("/", 1)[-1]
        if form.get("Version") != "2011-06-15" or not form.get("RoleSessionName"):
            return 400, error_xml("ValidationError", "no version or no session name")
        if action == "AssumeRoleWithWebIdentity":
            if "Authorization" in self.headers:
                return 400, error_xml("InvalidAction", "this is not signed")
            if form.get("WebIdentityToken") != setting("web-token", "-"):
                return 400, error_xml("InvalidIdentityToken", "the token &amp; nothing else")
            return 200, as_xml(action, "web")
        headers = {k.lower(): v for k, v in self.headers.items()}
        if not sign("POST", self.path, headers, body, self.headers.get("Authorization", "")):
            return 403, error_xml("SignatureDoesNotMatch", "by the stand-in's own account")
        return 200, as_xml(action, role)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 50

    def handle_error(self, request, client_address):
        """Clients that have gone are what some tests are about."""


server = Server(("127.0.0.1", 0), Handler)
if os.path.exists(os.path.join(DIR, "tls.pem")):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(DIR, "tls.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(os.path.join(DIR, "port.new"), "w") as f:
    f.write(str(server.server_address[1]))
os.rename(os.path.join(DIR, "port.new"), os.path.join(DIR, "port"))
server.serve_forever()
