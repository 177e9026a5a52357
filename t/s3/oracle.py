#!/usr/bin/python3
"""An S3 client that shares nothing with ours: the tests' own witness.

	oracle.py mkbucket [HEADER:VALUE ...]	make $S3_BUCKET, and see that it takes an object
	oracle.py list [PREFIX]			key, size and date of each object, tab-separated
	oracle.py head KEY			status, then each header as "name: value"; exit 1 unless 200
	oracle.py cat KEY			the object on stdout
	oracle.py put KEY [HEADER:VALUE ...]	stdin becomes the object
	oracle.py rm KEY			gone
	oracle.py uploads [PREFIX]		key and upload id of each unfinished upload
	oracle.py parts KEY ID			number, size and etag of each part
	oracle.py abort KEY ID			that upload is gone
	oracle.py start KEY [PART-FILE ...]	begin an upload, send parts, never complete it; print its id
	oracle.py raw METHOD PATH?QUERY		any signed request, stdin the body for PUT and POST; status, headers and
						body of the answer, whatever it is

S3_ENDPOINT, S3_BUCKET, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_CA_BUNDLE say
where and who.  Standard library only; always path style; requests are signed by AWS Signature Version 4.
"""
import hashlib
import hmac
import http.client
import os
import re
import ssl
import sys
import time
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.etree import ElementTree


def encoded(text, keep=""):
    return quote(text, safe="-._~" + keep)


def keyed(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signed(method, host, path, query, headers, body):
    """the headers with their signature, and the target to ask for"""
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    region = os.environ.get("AWS_REGION", "us-east-1")
    digest = hashlib.sha256(body).hexdigest()
    all_headers = {name.lower(): value.strip() for name, value in headers.items()}
    all_headers.update({"host": host, "x-amz-date": date, "x-amz-content-sha256": digest})
    if os.environ.get("AWS_SESSION_TOKEN"):
        all_headers["x-amz-security-token"] = os.environ["AWS_SESSION_TOKEN"]
    target = encoded(path, "/")
    arguments = "&".join("%s=%s" % pair for pair in sorted((encoded(n), encoded(v)) for n, v in query))
    names = ";".join(sorted(all_headers))
    canonical = "\n".join([method, target, arguments, "".join("%s:%s\n" % h for h in sorted(all_headers.items())),
                           names, digest])
    scope = "%s/%s/s3/aws4_request" % (date[:8], region)
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for word in (date[:8], region, "s3", "aws4_request"):
        key = keyed(key, word)
    all_headers["authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
        os.environ["AWS_ACCESS_KEY_ID"], scope, names, keyed(key, text).hex())
    return all_headers, target + ("?" + arguments if arguments else "")


def ask(method, path, query=(), body=b"", headers=None):
    """one request: its status, headers and body"""
    where = urlsplit(os.environ["S3_ENDPOINT"])
    if where.scheme == "https":
        context = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
        connection = http.client.HTTPSConnection(where.netloc, timeout=60, context=context)
    else:
        connection = http.client.HTTPConnection(where.netloc, timeout=60)
    headers, target = signed(method, where.netloc, path, query, headers or {}, body)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    if method in ("PUT", "POST"):
        connection.putheader("content-length", str(len(body)))
    try:
        connection.endheaders(body or None)
    except (BrokenPipeError, ConnectionResetError) as cut:
        answer = late_answer(connection, cut)
    else:
        answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def late_answer(connection, cut):
    """what the server said before it closed with the body unread, if it did"""
    try:
        return connection.getresponse()
    except (OSError, http.client.HTTPException):
        raise cut


def wanted(method, path, *rest, good=(200, 204), **more):
    """ask(), or an end with what the server said"""
    status, headers, body = ask(method, path, *rest, **more)
    if status not in good:
        sys.exit("oracle.py: %s %s: %d %s" % (method, path, status, body[:500].decode("utf-8", "replace")))
    return headers, body


def bucket():
    return "/" + os.environ.get("S3_BUCKET", "mm-test")


def object_path(key):
    return bucket() + "/" + key


def tree(body):
    """the answer's XML without its name space"""
    return ElementTree.fromstring(re.sub(rb' xmlns="[^"]*"', b"", body, count=1))


def pages(query, node, marker):
    """each NODE of a listing of any length; MARKER tells how the next page is asked for"""
    while True:
        answer = tree(wanted("GET", bucket(), sorted(query.items()))[1])
        yield from answer.iter(node)
        if answer.findtext("IsTruncated") != "true":
            return
        query.update(marker(answer))


def list_objects(prefix=""):
    next_page = lambda answer: {"continuation-token": answer.findtext("NextContinuationToken")}
    for item in pages({"list-type": "2", "prefix": prefix}, "Contents", next_page):
        print("\t".join(item.findtext(name) for name in ("Key", "Size", "LastModified")))


def uploads(prefix=""):
    next_page = lambda answer: {"key-marker": answer.findtext("NextKeyMarker"),
                                "upload-id-marker": answer.findtext("NextUploadIdMarker")}
    for item in pages({"uploads": "", "prefix": prefix}, "Upload", next_page):
        print("%s\t%s" % (item.findtext("Key"), item.findtext("UploadId")))


def parts(key, upload):
    answer = tree(wanted("GET", object_path(key), [("uploadId", upload)])[1])
    for item in answer.iter("Part"):
        print("\t".join(item.findtext(name) for name in ("PartNumber", "Size", "ETag")))


def show(status, headers):
    print(status)
    for name, value in headers.items():
        print("%s: %s" % (name.lower(), value))
    sys.stdout.flush()


def head(key):
    status, headers, _ = ask("HEAD", object_path(key))
    show(status, headers)
    return 0 if status == 200 else 1


def cat(key):
    sys.stdout.buffer.write(wanted("GET", object_path(key))[1])


def put(key, *headers):
    pairs = dict(header.split(":", 1) for header in headers)
    wanted("PUT", object_path(key), body=sys.stdin.buffer.read(), headers=pairs)


def start(key, *files):
    upload = tree(wanted("POST", object_path(key), [("uploads", "")])[1]).findtext("UploadId")
    for number, name in enumerate(files, 1):
        with open(name, "rb") as part:
            query = [("partNumber", str(number)), ("uploadId", upload)]
            wanted("PUT", object_path(key), query, part.read())
    print(upload)


def raw(method, target):
    path, _, arguments = target.partition("?")
    body = sys.stdin.buffer.read() if method in ("PUT", "POST") else b""
    status, headers, answer = ask(method, unquote(path), parse_qsl(arguments, keep_blank_values=True), body)
    show(status, headers)
    sys.stdout.buffer.write(b"\n" + answer)


def make_bucket(*headers):
    wanted("PUT", bucket(), good=(200, 409), headers=dict(header.split(":", 1) for header in headers))
    for method in ("PUT", "GET", "DELETE"):
        wanted(method, object_path("first"))


VERBS = {
    "mkbucket": make_bucket, "list": list_objects, "head": head, "cat": cat, "put": put,
    "rm": lambda key: wanted("DELETE", object_path(key)) and None,
    "uploads": uploads, "parts": parts, "start": start, "raw": raw,
    "abort": lambda key, upload: wanted("DELETE", object_path(key), [("uploadId", upload)]) and None,
}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in VERBS:
        sys.exit(__doc__)
    sys.exit(VERBS[sys.argv[1]](*sys.argv[2:]))
