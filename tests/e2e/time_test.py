#!/usr/bin/env python3
"""Virtual time over HTTP: advances in every form while receivers call back, policies to the millisecond, clocks
that change while they run and survive a restart, a disk that is full.

    time_test.py BINARY [case…]
"""
import datetime
import http.client
import json
import os
import pathlib
import re
import socket
import sqlite3
import tempfile
import threading

from sandbox_process import HangingReceiver, Receiver, Sandbox, Threads, expect, main

LADDER = [0, 30, 330, 2130, 9330, 52530]
SAMPLES = pathlib.Path(__file__).parents[2] / "fixtures" / "contracts"
ADVANCE = "/_sandbox/clock/advance"


def ladders(report):
    offsets = {}
    for attempt in report["attempts"]:
        offsets.setdefault(attempt["deliveryId"], []).append(attempt["offsetSeconds"])
    return offsets


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def spv_request(sandbox, token, key="key"):
    sample = json.loads(next(SAMPLES.glob("*/samples/syndicate_primary.json")).read_text())
    return expect(201, sandbox.call("POST", "/v1/spv-requests", sample, token, {"Idempotency-Key": key})).json


def upload(sandbox, token, path, **fields):
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    parts.append('--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
                 'Content-Type: application/pdf\r\n\r\n%PDF\r\n--b--\r\n')
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port)
    connection.request("POST", path, "".join(parts), {"Authorization": "Bearer " + token,
                                                      "Content-Type": "multipart/form-data; boundary=b"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 201, body
    return json.loads(body)


def funded_subscription(sandbox, token):
    """An approved SPV with a funded subscription: (subscription slug, uploadedAt of the funding)."""
    slug = spv_request(sandbox, token)["spvRequestSlug"]
    sandbox.post(f"/_sandbox/spv-requests/{slug}/approve")
    spv = sandbox.get("/v1/spv-requests/" + slug, token=token)["materialisedRefs"]["vehicleSlug"]
    person = sandbox.investors(token, ["investor"])[0]["zestPersonId"]
    rows = [{"zestPersonId": person, "shareClassSlug": "acme-class-a", "lumpSum": {"currency": "USD", "value": "5000"}}]
    made = sandbox.post(f"/v1/spvs/{spv}/subscriptions", {"subscriptions": rows}, token=token)
    subscription = re.search(r'"subscriptionSlug": "([^"]+)"', json.dumps(made))[1]
    base = f"/v1/spvs/{spv}/subscription/{person}"
    upload(sandbox, token, base + "/forms")
    upload(sandbox, token, base + "/fundings", amount="5000", currency="USD", wireReference="wire")
    return subscription


def event_instants(sandbox, event_type):
    found = []
    for delivery in sandbox.deliveries(eventType=event_type, perPage=100)["documents"]:
        found.append(sandbox.get("/_sandbox/webhook-deliveries/" + delivery["deliveryId"])["envelope"]["occurredAt"])
    return found


def thousand_failing_deliveries_climb_the_ladder_in_one_advance(binary):
    with Receiver(lambda event, headers: 500) as receiver, \
            Sandbox(binary, "--clock", "manual", "--log-level", "warning", "--webhook-url", receiver.url) as sandbox:
        sandbox.investors(sandbox.token(), [f"investor{i}" for i in range(1000)])
        report = sandbox.post(ADVANCE, {"until": "idle"})
        offsets = ladders(report)
        # What is due now goes out at once: some first attempts may have been made before the call.
        wrong = [ladder for ladder in offsets.values() if ladder not in (LADDER, LADDER[1:])]
        assert len(offsets) == 1000 and not wrong, (len(offsets), wrong)
        for page in range(1, 11):
            dead = sandbox.deliveries(status="dead", perPage=100, page=page)["documents"]
            assert len(dead) == 100 and all(delivery["attemptCount"] == 6 for delivery in dead)
        assert sandbox.deliveries(status="dead", perPage=1)["count"] == 1000
        assert report["now"] == "2026-01-01T14:35:30.000Z", report["now"]


def advances_are_answered_while_all_receivers_call_back(binary):
    tokens = {}
    advancing = threading.Event()

    def call_back(event, headers):
        if advancing.is_set():
            client_id = event["data"]["partnerInvestorId"].split("-")[0]
            assert sandbox.get("/v1/spv-requests", token=tokens[client_id])["count"] == 0
            assert sandbox.get("/_sandbox/clock?clientId=" + client_id)["mode"] == "manual"
            sandbox.investors(tokens[client_id], [client_id + "-second"])
            # The clock that is under way is not advanced by a second one.
            again = expect(409, sandbox.call("POST", ADVANCE, {"by": "1s", "clientId": client_id}))
            assert "interrupted" not in again.json, again
        return 500

    with Receiver(call_back) as receiver, Sandbox(binary, "--clock", "manual", "--log-level", "warning") as sandbox:
        for i in range(64):
            tokens[f"p{i}"] = sandbox.partner(f"p{i}", webhookUrl=receiver.url)
            sandbox.investors(tokens[f"p{i}"], [f"p{i}-first"])
        sandbox.post("/_sandbox/wait")
        advancing.set()
        with Threads() as threads:
            for client_id in tokens:
                threads.run(sandbox.post, ADVANCE, {"until": "idle", "clientId": client_id})
        for client_id in tokens:
            # `second` was made by the callback of attempt 2 of `first`, 30 s later.
            second, first = sandbox.deliveries(clientId=client_id)["documents"]
            for delivery in (first, second):
                shown = sandbox.get("/_sandbox/webhook-deliveries/" + delivery["deliveryId"])
                assert [attempt["offsetSeconds"] for attempt in shown["attempts"]] == LADDER, shown
            assert instant(second["createdAt"]) - instant(first["createdAt"]) == datetime.timedelta(seconds=30)
        assert sandbox.threads() < 120, sandbox.threads()


def every_form_of_advance(binary):
    with Receiver(lambda event, headers: 500) as receiver, \
            Sandbox(binary, "--clock", "manual", "--webhook-url", receiver.url) as sandbox:
        sandbox.investors(sandbox.token(), ["investor"])
        sandbox.post("/_sandbox/wait")
        for form, now, made in (({"by": "29s"}, "00:00:29.000", 0), ({"by": "PT1S"}, "00:00:30.000", 1),
                                ({"to": "next"}, "00:05:30.000", 1),
                                ({"to": "2026-01-01T01:00:00Z"}, "01:00:00.000", 1),
                                ({"until": "idle"}, "14:35:30.000", 2), ({"to": "next"}, "14:35:30.000", 0)):
            report = sandbox.post(ADVANCE, form)
            assert report["now"] == f"2026-01-01T{now}Z" and len(report["attempts"]) == made, (form, report)
        back = {"to": "2026-01-01T00:00:00Z", "clientId": "client_acme"}
        assert sandbox.call("POST", ADVANCE, back).status == 400
        assert sandbox.call("POST", ADVANCE, {"by": "1s", "to": "next"}).status == 400
        assert sandbox.call("POST", ADVANCE, {"by": "1s", "clientId": "nobody"}).status == 404


def reset_interrupts_an_advance_and_nothing_leaks(binary):
    with HangingReceiver() as hanging, Receiver() as healthy, \
            Sandbox(binary, "--clock", "manual", "--webhook-url", hanging.url, "--delivery-timeout", "10m") as sandbox:
        token = sandbox.token()
        sandbox.investors(token, ["one", "two"])
        hanging.accepted()
        answers = []
        with Threads() as threads:
            threads.run(lambda: answers.append(sandbox.call("POST", ADVANCE, {"until": "idle"})))
            # Once the clock is refused to others, the advance is under way.
            while sandbox.call("PUT", "/_sandbox/clock", {"mode": "manual"}).status != 409:
                pass
            sandbox.post("/_sandbox/reset")
        assert answers[0].status == 409 and answers[0].json["interrupted"] is True, answers
        sandbox.call("PATCH", "/_sandbox/partners/client_acme", {"webhookUrl": healthy.url})
        sandbox.investors(token, ["three"])
        sandbox.post("/_sandbox/wait")
        assert [json.loads(body)["data"]["partnerInvestorId"] for _, _, body in healthy.got] == ["three"]
        assert sandbox.get("/_sandbox/clock")["now"] == "2026-01-01T00:00:00.000Z"


def client_that_hangs_up_does_not_stop_an_advance(binary):
    reached, go_on = threading.Event(), threading.Event()

    def hold(event, headers):
        if holding.is_set():
            reached.set()
            go_on.wait(60)
        return 500

    holding = threading.Event()
    with Receiver(hold) as receiver, \
            Sandbox(binary, "--clock", "manual", "--webhook-url", receiver.url, "--delivery-timeout", "10m") as sandbox:
        sandbox.investors(sandbox.token(), ["investor"])
        sandbox.post("/_sandbox/wait")
        holding.set()
        client = socket.create_connection(("127.0.0.1", sandbox.port))
        body = b'{"until":"idle"}'
        client.sendall(b"POST " + ADVANCE.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json"
                       b"\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        assert reached.wait(60)
        client.close()
        go_on.set()
        sandbox.post("/_sandbox/wait", {"until": "delivery", "status": "dead", "timeout": "1m",
                                        "deliveryId": sandbox.deliveries()["documents"][0]["deliveryId"]})


def policies_and_the_reconciler_act_at_their_exact_instants(binary):
    with Receiver() as receiver, Sandbox(binary, "--clock", "manual", "--webhook-url", receiver.url) as sandbox:
        token = sandbox.token()
        sandbox.post(ADVANCE, {"by": "12345ms"})
        subscription = funded_subscription(sandbox, token)
        sandbox.post(f"/_sandbox/subscriptions/{subscription}/complete", {"skipSynchronousEmit": True})
        sandbox.post("/_sandbox/wait")
        assert event_instants(sandbox, "subscription.completed") == []
        sandbox.post(ADVANCE, {"by": "47654ms"})
        assert event_instants(sandbox, "subscription.completed") == []
        # The sweep and a second completion by hand race; there is one event, of the sweep's instant.
        with Threads() as threads:
            threads.run(sandbox.post, ADVANCE, {"by": "1ms"})
            for _ in range(4):
                threads.run(sandbox.call, "POST", f"/_sandbox/subscriptions/{subscription}/complete", {})
        sandbox.post(ADVANCE, {"by": "10m"})
        assert event_instants(sandbox, "subscription.completed") == ["2026-01-01T00:01:00.000Z"]

        slow = sandbox.partner("slow", autoApprove="90001ms", autoComplete="2h", webhookUrl=receiver.url)
        made = spv_request(sandbox, slow)
        sandbox.post(ADVANCE, {"clientId": "slow", "by": "90s"})
        path = "/v1/spv-requests/" + made["spvRequestSlug"]
        assert sandbox.get(path, token=slow)["status"] == "pending-review"
        sandbox.post(ADVANCE, {"clientId": "slow", "by": "1ms"})
        approved = sandbox.get(path, token=slow)
        assert instant(approved["approvedAt"]) - instant(made["createdAt"]) == datetime.timedelta(milliseconds=90001)
        rows = [{"zestPersonId": sandbox.investors(slow, ["investor"])[0]["zestPersonId"],
                 "shareClassSlug": "acme-class-a", "lumpSum": {"currency": "USD", "value": "5000"}}]
        spv = approved["materialisedRefs"]["vehicleSlug"]
        sandbox.post(f"/v1/spvs/{spv}/subscriptions", {"subscriptions": rows}, token=slow)
        base = f"/v1/spvs/{spv}/subscription/{rows[0]['zestPersonId']}"
        upload(sandbox, slow, base + "/forms")
        upload(sandbox, slow, base + "/fundings", amount="5000", currency="USD", wireReference="wire")
        sandbox.post(ADVANCE, {"clientId": "slow", "until": "idle"})
        funded = sandbox.deliveries(clientId="slow", eventType="funding_receipt.uploaded")["documents"][0]
        done = sandbox.deliveries(clientId="slow", eventType="subscription.completed")["documents"][0]
        when = [instant(sandbox.get("/_sandbox/webhook-deliveries/" + one["deliveryId"])["envelope"]["occurredAt"])
                for one in (funded, done)]
        assert when[1] - when[0] == datetime.timedelta(hours=2), when


def scale_changes_while_it_runs(binary):
    with Receiver(lambda event, headers: 500) as receiver, Sandbox(binary, "--webhook-url", receiver.url) as sandbox:
        sandbox.investors(sandbox.token(), ["investor"])
        sandbox.post("/_sandbox/wait")
        before = instant(sandbox.get("/_sandbox/clock")["now"])
        changed = expect(200, sandbox.call("PUT", "/_sandbox/clock", {"mode": "scaled", "scale": 100000})).json
        assert changed["mode"] == "scaled" and instant(changed["now"]) >= before, changed
        delivery = sandbox.deliveries()["documents"][0]["deliveryId"]
        sandbox.post("/_sandbox/wait", {"until": "delivery", "deliveryId": delivery, "status": "dead", "timeout": "1m"})
        attempts = sandbox.get("/_sandbox/webhook-deliveries/" + delivery)["attempts"]
        for attempt, following, earliest, latest in zip(attempts, attempts[1:], LADDER, LADDER[1:]):
            # Never early; how late is the machine's affair.
            assert round(following["offsetSeconds"] - attempt["offsetSeconds"], 3) >= latest - earliest, attempts
        stopped = expect(200, sandbox.call("PUT", "/_sandbox/clock", {"mode": "manual"})).json["now"]
        assert sandbox.get("/_sandbox/clock")["now"] == stopped


def clock_survives_a_restart_and_a_machine_that_was_set_back(binary):
    with tempfile.TemporaryDirectory() as folder:
        database = pathlib.Path(folder, "sandbox.db")
        sandbox = Sandbox(binary, "--db", database, "--time-scale", "1000")
        with sandbox:
            sandbox.investors(sandbox.token(), ["one"])
            before = instant(sandbox.get("/_sandbox/clock")["now"])
        connection = sqlite3.connect(database)
        with connection:  # as if the machine's clock had shown tomorrow
            connection.execute("UPDATE lanes SET anchor_wall = anchor_wall + 86400000")
            high_water = connection.execute("SELECT high_water FROM lanes").fetchone()[0]
        connection.close()
        with sandbox:
            after = instant(sandbox.get("/_sandbox/clock")["now"])
            assert after.timestamp() * 1000 >= high_water - 1, (before, after)
            # It goes on: an automatic clock that stood still would never show a later instant.
            seen = after
            while seen <= after:
                seen = instant(sandbox.get("/_sandbox/clock")["now"])


def full_disk_is_a_clear_503_and_over_once_there_is_room(binary):
    with tempfile.TemporaryDirectory() as folder, Receiver() as receiver:
        database = pathlib.Path(folder, "sandbox.db")
        with Sandbox(binary, "--db", database, "--log-level", "off", "--webhook-url", receiver.url) as sandbox:
            token = sandbox.token()
            sandbox.investors(token, ["before"])
            sandbox.post("/_sandbox/wait")
            limit_file_size(sandbox.process.pid, os.path.getsize(f"{database}-wal"))
            refused, written = None, []
            for i in range(2000):
                row = {"partnerInvestorId": f"i{i}", "email": "a@example.com", "firstName": "A", "lastName": "B",
                       "dateOfBirth": "1980-01-01"}
                answer = sandbox.call("POST", "/v1/investors", {"investors": [row]}, token)
                if answer.status != 200:
                    refused = answer
                    break
                written.append(f"i{i}")
            assert refused is not None and refused.status == 503, refused
            assert {"code", "detail", "errorId"} <= set(refused.json), refused
            ready = sandbox.call("GET", "/_sandbox/readyz")
            assert ready.status == 503, ready
            limit_file_size(sandbox.process.pid, None)
            sandbox.get("/_sandbox/readyz")
            sandbox.investors(token, ["after"])
            sandbox.post("/_sandbox/wait", {"timeout": "1m"})
            got = {json.loads(body)["data"]["partnerInvestorId"] for _, _, body in receiver.got}
            assert got >= {"before", "after", *written}, got


def limit_file_size(pid, size):
    """As if the disk were full: no file of the process may grow beyond `size` bytes."""
    import resource
    unlimited = resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited if size is None else size, unlimited))


if __name__ == "__main__":
    main([thousand_failing_deliveries_climb_the_ladder_in_one_advance,
          advances_are_answered_while_all_receivers_call_back, every_form_of_advance,
          reset_interrupts_an_advance_and_nothing_leaks, client_that_hangs_up_does_not_stop_an_advance,
          policies_and_the_reconciler_act_at_their_exact_instants, scale_changes_while_it_runs,
          clock_survives_a_restart_and_a_machine_that_was_set_back,
          full_disk_is_a_clear_503_and_over_once_there_is_room])
