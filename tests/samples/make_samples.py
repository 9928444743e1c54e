#!/usr/bin/env python3
"""Wrote the samples of one version, by that version's own binary: a database at rest, one whose process was killed, a
snapshot of the first, and what the binary answered about it. Kept to tell what is in them; samples are never rewritten.

    make_samples.py BINARY FOLDER
"""
import hashlib
import http.client
import json
import pathlib
import shutil
import sys
import tempfile
import threading
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
from sandbox_process import Receiver, Sandbox, expect  # noqa: E402

# Nothing listens there: a sample that is opened sends nothing to anybody.
NOWHERE = "http://127.0.0.1:9/hook"
REST = "/_sandbox/clock/advance"
BOUNDARY = "sample-boundary"


def multipart(parts):
    """`parts`: (name, text) or (name, bytes, file name, content type)."""
    body = b""
    for name, value, *file in parts:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
        if file:
            head += f'; filename="{file[0]}"\r\nContent-Type: {file[1]}'
        body += head.encode() + b"\r\n\r\n" + (value if file else value.encode()) + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


class Story:
    """What is done to a sandbox so that its state holds one of everything."""

    def __init__(self, sandbox, contracts):
        self.sandbox = sandbox
        self.sample = json.loads((contracts / "samples" / "syndicate_secondary.json").read_text())
        self.kept = []  # calls with an Idempotency-Key, and their answers
        self.files = {}

    def spv(self, token, number, key=None):
        body = json.loads(json.dumps(self.sample))
        body["attributes"]["underlyingCompanySlug"] = f"co_sample-{number}"
        headers = {"Idempotency-Key": key or f"sample-{number}"}
        answer = expect(201, self.sandbox.call("POST", "/v1/spv-requests", body, token, headers))
        self.kept.append({"method": "POST", "path": "/v1/spv-requests", "key": headers["Idempotency-Key"],
                          "body": body, "status": 201, "answer": answer.body.decode()})
        return answer.json["spvRequestSlug"]

    def subscription(self, token, spv, person, **more):
        row = {"zestPersonId": person, "shareClassSlug": "sc_classA",
               "lumpSum": {"currency": "USD", "value": "50000.10"}, **more}
        made = self.sandbox.post(f"/v1/spvs/{spv}/subscriptions", {"subscriptions": [row]}, token=token)
        return made["results"][0]["subscriptionSlug"]

    def upload(self, token, spv, person, kind, parts):
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port)
        connection.request("POST", f"/v1/spvs/{spv}/subscription/{person}/{kind}", multipart(parts),
                           {"Authorization": "Bearer " + token,
                            "Content-Type": "multipart/form-data; boundary=" + BOUNDARY})
        reply = connection.getresponse()
        answer = json.loads(reply.read())
        assert reply.status == 201, answer
        url = answer.get("subscriptionFormUrl") or answer["fundingReceiptUrl"]
        content, content_type = next((part[1], part[3]) for part in parts if len(part) == 4)
        for row in self.files.values():  # its content is not there any more after a restart of this version
            row["replaced"] = row["replaced"] or (row["of"] == f"{person} {kind}")
        self.files[urllib.parse.urlsplit(url).path] = {
            "of": f"{person} {kind}", "sha256": hashlib.sha256(content).hexdigest(), "contentType": content_type,
            "replaced": False}

    def form(self, token, spv, person, content):
        self.upload(token, spv, person, "forms", [("file", content, "förm.pdf", "application/pdf")])

    def funding(self, token, spv, person, content):
        self.upload(token, spv, person, "fundings", [
            ("file", content, "receipt.png", "image/png"), ("amount", "50000.10"), ("currency", "USD"),
            ("wireReference", "WIRE-1")])

    def rule(self, **rule):
        return self.sandbox.call("POST", "/_sandbox/chaos/rules", rule)

    def settle(self):
        self.sandbox.post("/_sandbox/wait", {"until": "idle", "timeout": "20s"})


def tell(story, receiver, refusing):
    sandbox = story.sandbox
    acme = sandbox.token()
    # The way of an SPV, every state, every stage of a subscription.
    approved = story.spv(acme, 1)
    spv = sandbox.post(f"/_sandbox/spv-requests/{approved}/approve")["materialisedRefs"]["vehicleSlug"]
    sandbox.post(f"/_sandbox/spv-requests/{story.spv(acme, 2)}/reject", {"reason": "Nö: \"no\""})
    expect(200, sandbox.call("DELETE", "/v1/spv-requests/" + story.spv(acme, 3), token=acme))
    story.spv(acme, 4)
    persons = [row["zestPersonId"] for row in sandbox.investors(acme, [f"inv-{n}" for n in range(5)])]
    story.subscription(acme, spv, persons[0], partnerSubscriptionId="own-0")
    story.subscription(acme, spv, persons[1])
    story.form(acme, spv, persons[1], b"%PDF-1.4 first form")
    story.form(acme, spv, persons[1], b"%PDF-1.4 form in place of the first")
    story.subscription(acme, spv, persons[2])
    story.form(acme, spv, persons[2], b"%PDF-1.4 form")
    story.funding(acme, spv, persons[2], b"\x89PNG receipt \x00\xff")
    completed = story.subscription(acme, spv, persons[3])
    story.form(acme, spv, persons[3], b"%PDF-1.4 form")
    story.funding(acme, spv, persons[3], b"\x89PNG receipt of another")
    sandbox.post(f"/_sandbox/subscriptions/{completed}/complete")
    reconciled = story.subscription(acme, spv, persons[4])
    sandbox.post(f"/_sandbox/subscriptions/{reconciled}/complete", {"force": True, "skipSynchronousEmit": True})
    story.settle()

    # A delivery in each state, and what each chaos rule leaves behind.
    refusing.set()
    sandbox.investors(acme, ["dead"])
    story.settle()
    sandbox.post(REST, {"by": "15h"})
    sandbox.investors(acme, ["retrying"])
    story.settle()
    sandbox.post(REST, {"by": "10m"})
    refusing.clear()
    story.rule(id="hold", on="webhook", clientId="client_acme", match={"subject": persons[0], "first": 3},
               action={"type": "hold", "untilEvent": "subscription.completed"})
    story.rule(id="reorder", on="webhook", match={"eventType": ["spv_request.*"], "nth": 1},
               action={"type": "reorder", "window": 5, "order": "shuffle", "within": "2d"}, ttl="3d")
    story.rule(id="copies", on="webhook", match={"eventType": "investor.created", "probability": 1},
               action={"type": "duplicate", "copies": 2, "spacing": "6h"})
    story.rule(id="later", on="webhook", match={"eventType": "investor.created"},
               action={"type": "replay", "after": "20h"})
    story.rule(id="delay", on="webhook", match={"eventType": "subscription.created"},
               action={"type": "delay", "by": "5h"})
    story.rule(id="forge", on="webhook", match={"attempt": 1}, action={"type": "tamper", "what": "signature"})
    story.rule(id="off", on="webhook", action={"type": "drop", "attempts": 2}, enabled=False)
    story.rule(id="lost", on="webhook", action={"type": "lostAck"}, enabled=False)
    story.rule(id="slow", on="webhook", action={"type": "slowBody", "bytesPerSecond": 100}, enabled=False)
    story.rule(id="cut", on="webhook", action={"type": "disconnect", "midBody": True}, enabled=False)
    story.rule(id="v2", on="webhook", action={"type": "extraSignatureVersion"})
    story.rule(on="api", match={"operation": "listSpvRequests", "nth": 1000}, action={"type": "status", "code": 503})
    for action in ({"type": "latency", "by": "1s"}, {"type": "dropBeforeExecute"}, {"type": "dropAfterCommit"},
                   {"type": "statusAfterCommit", "code": 500}, {"type": "expireTokens"}):
        story.rule(on="api", clientId="client_acme", action=action, enabled=False)
    extra = sandbox.investors(acme, ["copied"])[0]["zestPersonId"]
    story.spv(acme, 5)  # collected
    story.subscription(acme, spv, extra)  # delayed
    story.form(acme, spv, persons[0], b"%PDF-1.4 held")  # held
    sandbox.post(REST, {"by": "1m"})
    story.settle()

    # Other partners: waiting for time, down, without an endpoint, not provisioned, removed and there again.
    waiting = sandbox.partner("waiting", autoApprove="1d", autoComplete="2d", deliveryTimeout="3s",
                              webhookSecret="whsec_waiting", tenantSlug="tenant-w", name="Wärtende GmbH")
    story.spv(waiting, 6, "key of another partner".replace(" ", "-"))
    paused = sandbox.partner("paused", webhookUrl=NOWHERE)
    sandbox.post("/_sandbox/webhooks/pause", {"clientId": "paused"})
    sandbox.investors(paused, ["parked"])
    sandbox.partner("unprovisioned", provisioned=False)
    sandbox.partner("back-again")
    expect(200, sandbox.call("DELETE", "/_sandbox/partners/back-again"))
    back = sandbox.partner("back-again")
    sandbox.investors(back, ["second-life"])
    sandbox.partner("removed")
    expect(200, sandbox.call("DELETE", "/_sandbox/partners/removed"))
    for name, clock in (("fast", {"mode": "scaled", "scale": 60}), ("real", {"mode": "real"})):
        token = sandbox.partner(name)
        expect(200, sandbox.call("PUT", "/_sandbox/clock", {"clientId": name, **clock}))
        sandbox.investors(token, [name])
    # Token chains that hold, and one that was revoked.
    sandbox.post("/_sandbox/reset", {"clientId": "unprovisioned", "tokens": True})
    expect(200, sandbox.call("PATCH", "/_sandbox/partners/client_acme", {"webhookUrl": NOWHERE}))
    return acme


def answers(story, acme):
    """GET path -> what it answers; `acme`: asked as the seeded partner."""
    sandbox = story.sandbox
    told = {"control": {}, "partner": {}, "files": story.files, "kept": story.kept}
    paths = ["/_sandbox/partners?perPage=100", "/_sandbox/spv-requests?perPage=100",
             "/_sandbox/subscriptions?perPage=100", "/_sandbox/webhook-deliveries?perPage=100",
             "/_sandbox/chaos/rules?perPage=100", "/_sandbox/chaos/held?perPage=100",
             "/_sandbox/clock?clientId=client_acme", "/_sandbox/clock?clientId=waiting",
             "/_sandbox/clock?clientId=paused"]
    for delivery in sandbox.deliveries(perPage=100)["documents"]:
        paths.append("/_sandbox/webhook-deliveries/" + delivery["deliveryId"])
    for path in paths:
        told["control"][path] = sandbox.get(path)
    paths = ["/v1/spv-requests?perPage=100"]
    paths += ["/v1/spv-requests/" + one["spvRequestSlug"]
              for one in sandbox.get(paths[0], token=acme)["documents"]]
    for path in paths:
        told["partner"][path] = sandbox.get(path, token=acme)
    return told


def make(binary, folder):
    contracts = pathlib.Path(__file__).parents[2] / "fixtures" / "contracts" / "1.0.0"
    refusing = threading.Event()
    with tempfile.TemporaryDirectory() as scratch, \
            Receiver(lambda event, headers: (500, b"no\xff\x00") if refusing.is_set() else 200) as receiver:
        database = pathlib.Path(scratch, "state.db")
        options = ("--clock", "manual", "--seed", "4711", "--log-level", "warning")
        with Sandbox(binary, "--db", database, "--webhook-url", receiver.url, *options) as sandbox:
            story = Story(sandbox, contracts)
            acme = tell(story, receiver, refusing)
            told = answers(story, acme)
            (folder / "answers.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
            (folder / "snapshot.json").write_bytes(expect(200, sandbox.call("GET", "/_sandbox/snapshot")).body)
        shutil.copytree(f"{database}.files", folder / "state.db.files", ignore=shutil.ignore_patterns("spool"))
        shutil.copy(database, folder / "state.db")

        # Killed while a webhook is under way: the log beside the database holds what was acknowledged.
        hanging = threading.Event()
        release = threading.Event()

        def hang(event, headers):
            hanging.set()
            release.wait()

        killed = pathlib.Path(scratch, "killed.db")
        with Receiver(hang) as hung:
            sandbox = Sandbox(binary, "--db", killed, "--webhook-url", hung.url, *options).start()
            story = Story(sandbox, contracts)
            token = sandbox.token()
            slug = story.spv(token, 1)
            assert hanging.wait(60)
            person = sandbox.investors(token, ["last"])[0]["zestPersonId"]
            (folder / "killed.json").write_text(json.dumps(
                {"spvRequest": slug, "investor": {"partnerInvestorId": "last", "zestPersonId": person},
                 "events": sorted(one["deliveryId"] for one in sandbox.deliveries()["documents"])}, indent=1) + "\n")
            sandbox.kill()
            release.set()
        for name in ("killed.db", "killed.db-wal"):
            shutil.copy(killed.with_name(name), folder / name)


if __name__ == "__main__":
    make(sys.argv[1], pathlib.Path(sys.argv[2]))
