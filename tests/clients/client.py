#!/usr/bin/env python3
"""A partner's application as far as it calls Zest, with subscriptions and uploads: correct, or with the one flaw that
FLAW names. Standard library, and openssl for the assertion.

    PORT=3000 FLAW=new-bytes ZEST_SANDBOX_URL=… ZEST_CLIENT_ID=… ZEST_PRIVATE_KEY_FILE=… client.py
"""
import base64
import http.client
import http.server
import json
import os
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

FLAW = os.environ.get("FLAW", "")
BASE = os.environ["ZEST_SANDBOX_URL"]
CLIENT = os.environ["ZEST_CLIENT_ID"]
KEY = os.environ["ZEST_PRIVATE_KEY_FILE"]
TRIES = 6
TIMEOUT = 2  # seconds for an answer
MARGIN = 2  # seconds before its end at which a token is renewed
lock = threading.Lock()
token, ends = None, 0


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def fetch_token():
    now = int(time.time())
    claims = {"iss": "https://portal.example.com", "sub": CLIENT, "client_id": CLIENT, "aud": BASE, "iat": now,
              "exp": now + 60, "jti": str(uuid.uuid4())}
    unsigned = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "EdDSA", "typ": "JWT"}, claims))
    with tempfile.NamedTemporaryFile() as file:
        file.write(unsigned.encode())
        file.flush()
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", KEY, "-in", file.name],
                                   check=True, stdout=subprocess.PIPE).stdout
    form = urllib.parse.urlencode({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
                                   "assertion": unsigned + "." + encoded(signature)}).encode()
    with urllib.request.urlopen(BASE + "/v1/oauth2/tokens", form, timeout=TIMEOUT) as answer:
        got = json.load(answer)
        return got["accessToken"], time.monotonic() + got["expiresIn"] - MARGIN


def bearer(stale=None):
    """The token of all calls; a new one when it is the stale one, or near its end."""
    global token, ends
    with lock:
        if token is None or token == stale or time.monotonic() >= ends:
            token, ends = fetch_token()
        return token


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(body.get("detail", f"HTTP {status}"))
        self.status, self.body = status, body


def write(path, data, headers, remake=None):
    used, renewed, last = bearer(), False, None
    for attempt in range(1, TRIES + 1):
        if remake:
            data = remake()
        request = urllib.request.Request(BASE + path, data, {**headers, "Authorization": "Bearer " + used}, method="POST")
        wait = 0.1 * 2 ** attempt
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            try:
                body = json.loads(error.read())
            except ValueError:
                body = {}
            last = Refused(error.code, body)
            if error.code == 401 and not renewed:
                used, renewed = bearer(used), True
                continue
            if error.code != 429 and error.code < 500 and FLAW != "blind-upload":
                raise last from None
            wait = max(wait, float(error.headers.get("Retry-After") or 0))
        except (OSError, ValueError, EOFError, http.client.HTTPException) as error:
            last = error  # nothing came, or not all of it
        time.sleep(wait)
    raise last


def write_json(path, intent, body):
    return write(path, json.dumps(body).encode(), {"Content-Type": "application/json", "Idempotency-Key": f"key-{intent}"})


def upload(path, order, fields):
    boundary = uuid.uuid4().hex
    kind = "text/plain" if FLAW == "wrong-type" else "application/pdf"

    def make():
        text = f"%PDF-1.7 {order['id']}" + (uuid.uuid4().hex if FLAW == "new-bytes" else "")
        parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                 for name, value in fields.items()]
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
                     f"Content-Type: {kind}\r\n\r\n{text}\r\n--{boundary}--\r\n")
        return "".join(parts).encode()
    return write(path, None, {"Content-Type": f"multipart/form-data; boundary={boundary}"}, make)


ROUTES = {
    "/deals": lambda order: write_json("/v1/spv-requests", order["id"], {
        name: order[name] for name in ("templateId", "templateVersion", "attributes")}),
    "/investors": lambda order: write_json("/v1/investors", order["id"], {"investors": order["rows"]}),
    "/subscriptions": lambda order: write_json(f"/v1/spvs/{order['spv']}/subscriptions", order["id"],
                                               {"subscriptions": order["rows"]}),
    "/forms": lambda order: upload(f"/v1/spvs/{order['spv']}/subscription/{order['person']}/forms", order, {}),
    "/receipts": lambda order: upload(f"/v1/spvs/{order['spv']}/subscription/{order['person']}/fundings", order, {
        name: order[name] for name in ("amount", "currency", "wireReference")}),
}


class Handler(http.server.BaseHTTPRequestHandler):
    def say(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.say(200, {})

    def do_POST(self):
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            self.say(200, ROUTES[self.path](order))
        except Refused as refused:
            if FLAW == "hides-conflict" and refused.status == 409:
                return self.say(200, {"ok": True})
            self.say(502, {"problem": str(refused), "rows": refused.body.get("validationErrors", []),
                           "errorId": refused.body.get("errorId")})
        except Exception as error:  # whatever it was, the caller is told
            self.say(502, {"problem": str(error)})

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
