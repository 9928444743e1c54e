#!/usr/bin/env python3
"""A partner's webhook receiver, written from Zest's documentation with the standard library. Correct, unless told to
have a flaw.

    receiver.py [--port N] [--secret S] [--flaw NAME]...

POST /webhooks takes webhooks, GET /state/<slug> tells what the application makes of them. Prints its port.
"""
import argparse
import hashlib
import hmac
import http.server
import json
import threading
import time

FLAWS = {
    "no-signature-check": "never looks at Zest-Signature",
    "wrong-secret": "compares with what another secret gives",
    "no-timestamp-check": "believes a valid signature of any age",
    "rejects-unknown-version": "refuses a header with anything beside t and v1",
    "slow": "answers after --slow-seconds",
    "redirects": "sends webhooks on to another path",
    "reserialises": "verifies the JSON that it parsed and wrote again",
    "no-dedup": "handles each copy of an event",
    "regresses": "lets an event that comes late overwrite what is newer",
    "narrow": "refuses event types that it does not know",
    "crashes-on-garbage": "parses the header without care",
    "short-queue": "lets five connections wait",
}
TOLERANCE = 300  # seconds


class Application:
    """What a portal keeps: the status of each resource, and how often it changed."""

    def __init__(self, flaws):
        self.flaws = flaws
        self.lock = threading.Lock()
        self.seen = set()
        self.resources = {}

    def handle(self, event):
        with self.lock:
            if event["eventId"] in self.seen and "no-dedup" not in self.flaws:
                return
            self.seen.add(event["eventId"])
            data = event["data"]
            slug = data.get("subscriptionSlug") or data.get("spvRequestSlug") or data.get("zestPersonId")
            known = self.resources.setdefault(slug, {"occurredAt": "", "status": None, "changes": 0})
            # Instants are UTC with three decimals throughout: they compare as text.
            if event["occurredAt"] < known["occurredAt"] and "regresses" not in self.flaws:
                return
            known["occurredAt"] = event["occurredAt"]
            known["status"] = data.get("status", event["eventType"])
            known["changes"] += 1

    def state(self, slug):
        with self.lock:
            known = self.resources.get(slug)
            return known and {"status": known["status"], "changes": known["changes"]}


class Refused(Exception):
    pass


def verify(header, body, secret, flaws):
    if "no-signature-check" in flaws:
        return
    if header is None:
        raise Refused("Zest-Signature is missing")
    if "crashes-on-garbage" in flaws:
        fields = dict(item.split("=") for item in header.split(","))
    else:
        fields = dict(item.split("=", 1) for item in header.split(",") if "=" in item)
    if "rejects-unknown-version" in flaws and set(fields) != {"t", "v1"}:
        raise Refused("Zest-Signature is malformed")
    if not fields.get("t", "").isdigit() or "v1" not in fields:
        raise Refused("Zest-Signature has no t or no v1")
    if "wrong-secret" in flaws:
        secret = "whsec_of_another_environment"
    if "reserialises" in flaws:
        body = json.dumps(json.loads(body), separators=(",", ":")).encode()
    expected = hmac.new(secret.encode(), fields["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), fields["v1"].encode()):
        raise Refused("the signature does not match")
    if abs(time.time() - int(fields["t"])) > TOLERANCE and "no-timestamp-check" not in flaws:
        raise Refused("the timestamp is too far from now")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    application = None
    options = None

    def answer(self, status, document, **headers):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        flaws = self.options.flaw
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "slow" in flaws:
            time.sleep(self.options.slow_seconds)
        if "redirects" in flaws:
            return self.answer(308, {}, Location="/webhooks/")
        try:
            verify(self.headers.get("Zest-Signature"), body, self.options.secret, flaws)
            event = json.loads(body)
        except Refused as refusal:
            return self.answer(401, {"error": str(refusal)})
        except ValueError:
            return self.answer(500 if "crashes-on-garbage" in flaws else 400, {"error": "malformed"})
        if "narrow" in flaws and event["eventType"].split(".")[0] not in (
                "spv_request", "subscription", "signed_subscription_form", "funding_receipt"):
            return self.answer(422, {"error": "unknown event type"})
        self.application.handle(event)
        return self.answer(200, {"received": True})

    def do_GET(self):
        state = self.application.state(self.path.rpartition("/")[2])
        return self.answer(200, state) if state else self.answer(404, {"error": "unknown"})

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # a burst waits here rather than being turned away


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--flaw", action="append", default=[], choices=sorted(FLAWS))
    parser.add_argument("--slow-seconds", type=float, default=11)
    Handler.options = parser.parse_args()
    Handler.application = Application(Handler.options.flaw)
    if "short-queue" in Handler.options.flaw:
        Server.request_queue_size = 5
    server = Server(("127.0.0.1", Handler.options.port), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
