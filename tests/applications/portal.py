#!/usr/bin/env python3
"""A partner's application as far as it takes webhooks, written from Zest's documentation with the standard library:
verifies, dedups by eventId, orders by occurredAt, sends a mail per event. Correct, unless told to have a flaw.

    PORT=0 ZEST_WEBHOOK_SECRET=whsec_… PORTAL_FLAWS=no-dedup portal.py

With PORTAL_FILE it keeps what it knows there, and knows it again after a restart.

POST /webhooks; GET /state/<id>, /mails/<eventType>/<id>, /health. Prints its port.
"""
import hashlib
import hmac
import http.server
import json
import os
import threading
import time

FLAWS = {
    # of verification
    "no-verification": "takes any signature",
    "no-timestamp-check": "believes a valid signature of any age",
    "future-is-fine": "refuses what is too old only",
    "short-compare": "compares the first eight digits of the signature",
    "impatient": "refuses a timestamp that is a minute old",
    "last-pair-wins": "takes the last pair of Zest-Signature for v1",
    "reserialises": "verifies the JSON that it parsed and wrote again",
    "forgery-is-fine": "answers 200 to a forgery, and makes nothing of it",
    "milliseconds": "takes t for milliseconds",
    "verifies-money": "verifies what is about subscriptions, and nothing else",
    "works-then-verifies": "refuses a forgery once it has worked it off",
    "notes-then-verifies": "notes the event id of a forgery",
    "time-zone": "takes its local time for UTC, two hours off",
    # of taking
    "old-is-stale": "refuses what occurred long ago",
    "drops-in-a-burst": "answers, and drops what is too much at once",
    "slow": "answers after SLOW seconds",
    "one-at-a-time": "answers 503 while it works on another one",
    "closed-list": "answers 422 to event types that it does not know",
    "closed-shape": "answers 400 to members that it does not know",
    # of effects
    "early-mail": "sends at the subscription what the form is for",
    "late-mail": "sends at the receipt what the form is for",
    "mails-again": "sends its newest mail again when something comes late",
    "no-dedup": "does everything for each copy",
    "twice": "does everything twice",
    "check-then-act": "marks an event as seen once it is done with it",
    "last-only": "knows the last event only",
    "by-delivery-time": "takes t of the signature for the event's id",
    "by-occurred-at": "takes occurredAt for the event's id",
    "by-type-and-subject": "takes type and subject for the event's id",
    "remembers-few": "knows the last forty events only",
    "forgets-ids": "keeps the ids of events in memory",
    "answers-first": "answers, and stores later",
    # of state
    "forgets-ended": "forgets a request that has ended, and takes its late start for a new one",
    "needs-the-start": "drops what comes before a request's start",
    "loses-created": "makes nothing of a new subscription",
    "regresses": "the last to arrive wins",
    "guards-the-end": "the last to arrive wins until a final state",
    "guards-approvals": "the last to arrive wins after a rejection or cancellation",
    "forgets-order": "drops what is late, also of other resources",
    "loses-later": "answers, and fails at what completes a subscription",
    "wrong-word": "takes a rejection for an approval",
    "stale-cache": "tells for a minute what it told before",
    "one-person": "keeps one investor only",
}
# Other ways to be right.
MANNERS = {"asynchronous": "processes after its answer", "refuses-with-400": "answers forgeries 400",
           "takes-with-202": "answers 202"}
TOLERANCE = 300  # seconds
LATER = 0.12
TOLD = {"investor.created": "created", "signed_subscription_form.uploaded": "form-uploaded",
        "funding_receipt.uploaded": "funded"}
KNOWN = {"eventId", "eventType", "occurredAt", "data"}

chosen = set(filter(None, os.environ.get("PORTAL_FLAWS", "").split(",")))
unknown = chosen - set(FLAWS) - set(MANNERS)
if unknown:
    raise SystemExit(f"no such flaw: {unknown}")


def has(name):
    return name in chosen


FILE = os.environ.get("PORTAL_FILE")
# The mail that an event is taken for.
FORM = "signed_subscription_form.uploaded"
MAIL_AT = ({"subscription.created": FORM, FORM: "none"} if has("early-mail") else
           {"funding_receipt.uploaded": FORM, FORM: "none"} if has("late-mail") else {})


class Application:
    def __init__(self):
        self.lock = threading.Lock()
        self.seen, self.states, self.mails, self.cache = {}, {}, {}, {}  # seen is a dict: in the order of arrival
        self.newest = ""
        if FILE and os.path.exists(FILE):
            with open(FILE, encoding="utf-8") as file:
                seen, self.states, mails = json.load(file)
            self.seen, self.mails = dict.fromkeys(seen), {tuple(key): count for key, count in mails}

    def save(self):
        if FILE:
            with open(FILE + ".new", "w", encoding="utf-8") as file:
                json.dump([[] if has("forgets-ids") else list(self.seen), self.states,
                           [[list(key), count] for key, count in self.mails.items()]], file)
            os.replace(FILE + ".new", FILE)

    def identity(self, event, t):
        if has("by-delivery-time"):
            return t
        if has("by-occurred-at"):
            return event["occurredAt"]
        if has("by-type-and-subject"):
            return f"{event['eventType']} {self.subject(event)}"
        return event["eventId"]

    @staticmethod
    def subject(event):
        data = event["data"]
        return data.get("subscriptionSlug") or data.get("spvRequestSlug") or data.get("zestPersonId")

    def take(self, event, t):
        identity = self.identity(event, t)
        with self.lock:
            if identity in self.seen and not has("no-dedup"):
                return
            if has("last-only"):
                self.seen.clear()
            if has("remembers-few"):
                for old in list(self.seen)[:-40]:
                    del self.seen[old]
            if not has("check-then-act"):
                self.seen[identity] = None
        if has("check-then-act"):
            time.sleep(0.05)
        with self.lock:
            self.seen[identity] = None
            for _ in range(2 if has("twice") else 1):
                self.apply(event)
            self.save()

    def apply(self, event):
        kind, at, subject = event["eventType"], event["occurredAt"], self.subject(event)
        if has("loses-later") and kind == "subscription.completed":
            raise RuntimeError("the ledger is closed")
        # Instants are UTC with three decimals throughout: they compare as text.
        if has("forgets-order") and at < self.newest:
            return
        self.newest = max(self.newest, at)
        known = self.states.get(subject)
        if has("loses-created") and kind == "subscription.created":
            return
        self.mail(MAIL_AT.get(kind, kind), subject)
        if has("mails-again") and known and known["at"] > at:
            self.mail(known["kind"], subject)
        guarded = not has("regresses")
        if has("guards-the-end"):
            guarded = known and known["status"] in ("approved", "rejected", "cancelled", "completed")
        if has("guards-approvals"):
            guarded = known and known["status"] not in ("rejected", "cancelled")
        if known and known["at"] > at and guarded:
            return
        if has("needs-the-start") and not known and kind not in ("spv_request.created", "investor.created", "subscription.created"):
            return
        status = event["data"].get("status") or TOLD.get(kind, kind)
        if has("forgets-ended") and status in ("rejected", "cancelled"):
            self.states.pop(subject, None)
            return
        if has("wrong-word") and status == "rejected":
            status = "approved"
        if has("one-person") and kind == "investor.created":
            self.states = {key: value for key, value in self.states.items() if not key.startswith("psn_")}
        self.states[subject] = {"at": at, "status": status, "kind": kind}

    def mail(self, kind, subject):
        self.mails[kind, subject] = self.mails.get((kind, subject), 0) + 1

    def state(self, subject):
        with self.lock:
            if has("stale-cache") and subject in self.cache:
                return self.cache[subject]
            known = self.states.get(subject)
            if known:
                self.cache[subject] = known
            return known


class Refused(Exception):
    pass


def verify(header, body, secret):
    """The t of a genuine webhook."""
    pairs = [item.partition("=")[::2] for item in (header or "").split(",")]
    fields = dict(pairs)
    t, given = fields.get("t", ""), fields.get("v1", "")
    if has("last-pair-wins"):
        given = pairs[-1][1]
    if has("no-verification") or (has("verifies-money") and b"subscriptionSlug" not in body):
        return t
    if not t.isdigit():
        raise Refused("Zest-Signature has no t")
    if has("reserialises"):
        body = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()
    expected = hmac.new(secret.encode(), t.encode() + b"." + body, hashlib.sha256).hexdigest()
    digits = 8 if has("short-compare") else len(expected)
    if not hmac.compare_digest(expected[:digits].encode(), given[:digits if has("short-compare") else None].encode()):
        raise Refused("the signature does not match")
    if has("milliseconds"):
        if abs(time.time() * 1000 - int(t)) > TOLERANCE * 1000:
            raise Refused("the timestamp is too far from now")
        return t
    age = time.time() + (7200 if has("time-zone") else 0) - int(t)
    if has("no-timestamp-check"):
        return t
    if age > (30 if has("impatient") else TOLERANCE) or (age < -TOLERANCE and not has("future-is-fine")):
        raise Refused("the timestamp is too far from now")
    return t


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    application = Application()
    secret = os.environ.get("ZEST_WEBHOOK_SECRET", "")
    busy = threading.Lock()
    slots = threading.Semaphore(8)

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/webhooks":
            return self.answer(404, {})
        if has("slow"):
            time.sleep(float(os.environ.get("SLOW", "11")))
        if has("one-at-a-time"):
            if not self.busy.acquire(blocking=False):
                return self.answer(503, {"error": "busy"})
            try:
                time.sleep(0.01)
                return self.take(body)
            finally:
                self.busy.release()
        return self.take(body)

    def take(self, body):
        if has("notes-then-verifies") or has("works-then-verifies"):
            event = json.loads(body)
            if event["eventId"] in self.application.seen:
                return self.answer(200, {"received": True})
            if has("notes-then-verifies"):
                self.application.seen[event["eventId"]] = None
            else:
                self.application.take(event, "")
        try:
            t = verify(self.headers.get("Zest-Signature"), body, self.secret)
            event = json.loads(body)
        except Refused as refusal:
            return self.answer(200 if has("forgery-is-fine") else 400 if has("refuses-with-400") else 401,
                               {"error": str(refusal)})
        except ValueError:
            return self.answer(400, {"error": "malformed"})
        if has("closed-shape") and set(event) - KNOWN:
            return self.answer(400, {"error": "unknown members"})
        if has("closed-list") and event["eventType"].split(".")[0] not in (
                "spv_request", "subscription", "investor", "signed_subscription_form", "funding_receipt"):
            return self.answer(422, {"error": "unknown event type"})
        if has("notes-then-verifies"):
            self.application.seen.pop(event["eventId"], None)
        if has("old-is-stale") and event["occurredAt"] < time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() - 3600)):
            return self.answer(400, {"error": "stale"})
        if has("drops-in-a-burst"):
            if not self.slots.acquire(blocking=False):
                return self.answer(200, {"received": True})
            time.sleep(0.02)
            self.slots.release()
        if has("asynchronous") or has("answers-first"):
            threading.Timer(LATER, self.application.take, (event, t)).start()
        else:
            try:
                self.application.take(event, t)
            except RuntimeError as failure:
                if not has("loses-later"):
                    raise
                print("worker failed:", failure, flush=True)
        return self.answer(202 if has("takes-with-202") else 200, {"received": True})

    def do_GET(self):
        parts = self.path.strip("/").split("/")
        if parts[0] == "mails":
            return self.answer(200, {"count": self.application.mails.get((parts[1], parts[2]), 0)})
        if parts[0] == "health":
            return self.answer(200, {})
        known = self.application.state(parts[-1])
        return self.answer(200, {"status": known["status"]}) if known else self.answer(404, {})

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # a burst waits here rather than being turned away


def main():
    server = Server(("127.0.0.1", int(os.environ.get("PORT", "0"))), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
