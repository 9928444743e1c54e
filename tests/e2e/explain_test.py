#!/usr/bin/env python3
"""Rules by their ids, and what `explain` says of refused calls, deliveries and resources, with the real binary.

    explain_test.py BINARY [case…]
"""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import time

from doctor_test import make_tokens
from sandbox_process import PATIENCE, Receiver, Sandbox, clean_environment, expect, main

HEADER = "x-zest-sandbox-rule"


def sample(sandbox):
    return sandbox.get("/v1/contracts/samples/1.0.0/syndicate_secondary")


def refused(sandbox, rule, method, path, body=None, **more):
    """A refusal by that rule: in the header, in the journal, never in the body. Answers its errorId."""
    answer = sandbox.call(method, path, body, **more)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert headers.get(HEADER) == rule, f"{rule} expected, {headers.get(HEADER)} came: {answer}"
    assert "rule" not in answer.json and rule not in answer.body.decode(), answer
    rows = sandbox.get("/_sandbox/requests?rule=" + rule)["documents"]
    assert rows[0]["errorId"] == answer.json["errorId"] and rows[0]["rule"] == rule, rows
    return answer.json["errorId"]


def form(text):
    return {"body": text.encode(), "headers": {"Content-Type": "application/x-www-form-urlencoded"}}


def upload(kind, content=b"%PDF-1.4", content_type="application/pdf", fields=()):
    parts = b"".join(b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (n.encode(), v.encode()) for n, v in fields)
    parts += b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: %s\r\n\r\n%s\r\n--x--\r\n' % (content_type.encode(), content)
    return {"body": parts, "headers": {"Content-Type": "multipart/form-data; boundary=x"}}


def each_rule_is_told_by_its_id(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        token = sandbox.token()
        body = sample(sandbox)

        def no(rule, method, path, body=None, key=None, **more):
            headers = dict(more.pop("headers", {}), **({"Idempotency-Key": key} if key else {}))
            refused(sandbox, rule, method, path, body, headers=headers, **{"token": token, **more})

        no("auth.bearer", "GET", "/v1/spv-requests", token=None)
        no("auth.token-form", "GET", "/v1/spv-requests", token="x")
        no("auth.token-kind", "GET", "/v1/spv-requests", token="zrt_x")
        no("auth.grant-form", "POST", "/v1/oauth2/tokens", token=None, **form("grant_type=password"))
        no("auth.refresh-unknown", "POST", "/v1/oauth2/tokens", token=None, **form("grant_type=refresh_token&refresh_token=zrt_x"))
        no("auth.token-form", "POST", "/v1/oauth2/tokens", token=None, **form("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=x"))
        no("http.path", "GET", "/v1/spv-request")
        no("http.method", "PATCH", "/v1/spv-requests")
        no("http.content-type", "POST", "/v1/investors", b"{}", headers={"Content-Type": "text/plain"})
        no("http.query", "GET", "/v1/spv-requests?perPage=0")
        no("http.body", "POST", "/v1/investors", b"{", headers={"Content-Type": "application/json"})
        no("idempotency.key-required", "POST", "/v1/spv-requests", body)
        no("idempotency.key-form", "POST", "/v1/spv-requests", body, key="a b")
        no("contract.unknown", "GET", "/v1/contracts/templates/9.9.9", token=None)
        no("contract.template-unknown", "POST", "/v1/spv-requests", {**body, "templateId": "x"}, key="k1")
        for rule, attributes in {
                "validation.required": {"currency": "USD"}, "validation.unknown-attribute": {**body["attributes"], "colour": "red"},
                "validation.type": {**body["attributes"], "currency": 7}, "validation.format": {**body["attributes"], "currency": "XXY"},
                "validation.pattern": {**body["attributes"], "underlyingCompanySlug": "no"},
                "validation.enum": {**body["attributes"], "investorType": "robot"},
                "validation.institutional-not-supported": {**body["attributes"], "investorType": "institutional"},
                "validation.server-supplied": {**body["attributes"], "status": "approved"},
                "validation.currency-mismatch": {**body["attributes"], "minimumTicketSize": {"currency": "EUR" if body["attributes"]["currency"] != "EUR" else "USD", "value": "1"}},
                "validation.min-value": {**body["attributes"], "minimumTicketSize": {"currency": body["attributes"]["currency"], "value": "-1"}},
                "validation.max-length": {**body["attributes"], "underlyingCompanySlug": "co_" + "x" * 80},
        }.items():
            no(rule, "POST", "/v1/spv-requests", {**body, "attributes": attributes}, key="k2")
        shares = [{**body["attributes"]["shareClasses"][0], "carryPercent": "101"}]
        no("validation.max-value", "POST", "/v1/spv-requests", {**body, "attributes": {**body["attributes"], "shareClasses": shares}}, key="k2")
        made = sandbox.post("/v1/spv-requests", body, token=token, headers={"Idempotency-Key": "k3"})
        no("idempotency.conflict", "POST", "/v1/spv-requests", {**body, "templateId": "other"}, key="k3")
        no("spv.unknown", "GET", "/v1/spv-requests/svr_0")
        no("spv.not-materialised", "POST", "/v1/spvs/veh_0/subscriptions", {"subscriptions": [{"zestPersonId": "p", "lumpSum": {"currency": "USD", "value": "1"}, "shareClassSlug": "s"}]})
        sandbox.post(f"/_sandbox/spv-requests/{made['spvRequestSlug']}/approve")
        no("spv.decided-once", "DELETE", "/v1/spv-requests/" + made["spvRequestSlug"])
        known = sandbox.get("/v1/spv-requests/" + made["spvRequestSlug"], token=token)
        vehicle, share = known["materialisedRefs"]["vehicleSlug"], known["feesAndCarry"]["shareClasses"][0]["slug"]
        row = {"zestPersonId": "psn_0", "lumpSum": {"currency": body["attributes"]["currency"], "value": "500000"}, "shareClassSlug": share}
        no("investor.unknown", "POST", f"/v1/spvs/{vehicle}/subscriptions", {"subscriptions": [row]})
        person = sandbox.investors(token, ["one"])[0]["zestPersonId"]
        path = f"/v1/spvs/{vehicle}/subscription/{person}"
        no("subscription.unknown", "POST", path + "/forms", **upload("forms"))
        sandbox.post(f"/v1/spvs/{vehicle}/subscriptions", {"subscriptions": [{**row, "zestPersonId": person}]}, token=token)
        no("subscription.one-per-investor", "POST", f"/v1/spvs/{vehicle}/subscriptions", {"subscriptions": [{**row, "zestPersonId": person}]})
        money = (("amount", "1"), ("currency", body["attributes"]["currency"]), ("wireReference", "w"))
        no("spv.form-before-funding", "POST", path + "/fundings", **upload("fundings", fields=money))
        no("upload.type", "POST", path + "/forms", **upload("forms", content_type="text/plain"))
        no("upload.form", "POST", path + "/forms", b"nothing", headers={"Content-Type": "multipart/form-data; boundary=x"})
        expect(201, sandbox.call("POST", path + "/forms", token=token, **upload("forms")))
        slug = sandbox.get("/_sandbox/subscriptions")["documents"][0]["subscriptionSlug"]
        sandbox.post(f"/_sandbox/subscriptions/{slug}/complete", {"force": True})
        no("subscription.completed-final", "POST", path + "/forms", **upload("forms"))
        no("file-url.signature", "GET", "/files/x.y", token=None)
        no("chaos.prefer-header", "GET", "/v1/spv-requests", headers={"Prefer": "code=999"})
        no("chaos.injected", "GET", "/v1/spv-requests", headers={"Prefer": "code=503"})
        sandbox.call("PATCH", "/_sandbox/partners/client_acme", {"provisioned": False})
        no("auth.provisioned", "POST", "/v1/investors", {"investors": []})
        missing = [row for row in sandbox.get("/_sandbox/requests?failed=true&perPage=1000")["documents"] if "rule" not in row]
        assert not missing, missing


def the_header_can_be_left_out(binary):
    with Sandbox(binary, "--no-rule-header") as sandbox:
        answer = expect(404, sandbox.call("GET", "/v1/spv-request"))
        assert HEADER not in {name.lower() for name in answer.headers}
        assert "did you mean /v1/spv-requests?" in answer.json["detail"], answer
        assert sandbox.get("/_sandbox/requests")["documents"][0]["rule"] == "http.path"


def explain(sandbox, *arguments):
    ended = subprocess.run([sandbox.binary, "explain", "--url", sandbox.url, *arguments], capture_output=True, text=True, timeout=PATIENCE,
                           check=False, env=clean_environment())
    return ended.returncode, ended.stdout, ended.stderr


def the_curl_line_of_an_explanation_passes(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        token = sandbox.token()
        body = sample(sandbox)
        attributes = {**body["attributes"], "status": "approved", "curency": body["attributes"]["currency"], "investorType": "robot"}
        del attributes["currency"], attributes["underlyingCompanySlug"]
        error = refused(sandbox, "validation.required", "POST", "/v1/spv-requests", {**body, "attributes": attributes}, token=token, headers={"Idempotency-Key": "k"})
        told = sandbox.get("/_sandbox/explain/" + error)
        assert told["rule"]["id"] == "validation.required" and told["enough"] is True, told
        fields = {row["field"]: row["rule"] for row in told["broken"]}
        assert fields["attributes.status"] == "validation.server-supplied" and fields["attributes.curency"] == "validation.unknown-attribute", fields
        assert any("currency instead of curency" in change for change in told["changes"]), told["changes"]
        assert token not in json.dumps(told) and "Bearer $TOKEN" in told["curl"]
        code, text, _ = explain(sandbox, "last")
        assert code == 0 and "validation.required" in text and "to make it pass" in text, text
        assert f"{sandbox.url}/_sandbox/console#/requests/{error}" in text, text
        # On a screen with the program as it was called, so that the lines pass without it on the PATH.
        assert "zest-sandbox token" in told["curl"] and f"\nTOKEN=$({shlex.quote(str(binary))} token --keyless" in text, text
        script = text[text.index("\nTOKEN="):text.index("\nProduction would")]
        made = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=True, env=clean_environment())
        assert json.loads(made.stdout)["status"] == "pending-review", made.stdout


def rows_that_failed_within_a_success_are_explained(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        token = sandbox.token()
        row = {"partnerInvestorId": "good", "email": "a@example.com", "firstName": "Ada", "lastName": "Love", "dateOfBirth": "1980-01-01"}
        rows = [row, {**row, "partnerInvestorId": "bad", "dateOfBirth": "09/03/1985"}]
        answer = sandbox.post("/v1/investors", {"investors": rows}, token=token, headers={"Idempotency-Key": "batch"})
        assert [each["status"] for each in answer["results"]] == ["created", "failed"], answer
        code, text, _ = explain(sandbox)
        assert code == 0 and "batch  POST /v1/investors: 200 with rows that failed  [validation.format]" in text, text
        for asked in ("last", "batch"):
            told = sandbox.get("/_sandbox/explain/" + asked)
            assert told["kind"] == "call" and told["rule"]["id"] == "validation.format", told
            assert [each["field"] for each in told["broken"]] == ["investors[1].dateOfBirth"], told
            assert "investors[1].dateOfBirth" in told["summary"] and "09/03/1985" in json.dumps(told["request"]["body"]), told
        assert any("investors[1].dateOfBirth" in change for change in told["changes"]), told
        # By its own id, also of several and without a key; what is near to it is named.
        assert sandbox.get("/_sandbox/explain/bad") == told, told
        more = [{**row, "partnerInvestorId": name, field: value} for name, field, value in (("worse", "email", "no"), ("worst", "lastName", 7))]
        sandbox.post("/v1/investors", {"investors": more}, token=token)
        of_row = sandbox.get("/_sandbox/explain/worst")
        assert of_row["rule"]["id"] == "validation.type" and "investors[1].lastName" in of_row["summary"], of_row
        assert [each["field"] for each in of_row["broken"]] == ["investors[1].lastName", "investors[0].email"], of_row
        code, text, _ = explain(sandbox, "worse")
        assert code == 0 and "but investors[0].email:" in text and "and 1 more" in text, text
        assert "did you mean worst?" in expect(404, sandbox.call("GET", "/_sandbox/explain/worzt")).json["detail"]
        assert sandbox.get("/_sandbox/explain/good")["kind"] == "resource"
        # No failed call, for all that.
        assert sandbox.get("/_sandbox/requests?failed=true")["documents"] == []
        sandbox.investors(token, ["fine"])
        assert "validationErrors" not in sandbox.get("/_sandbox/requests")["documents"][0]
        script = told["curl"].replace("zest-sandbox", shlex.quote(str(binary)))
        made = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=True, env=clean_environment())
        assert [each["status"] for each in json.loads(made.stdout)["results"]] == ["already_exists", "created"], made.stdout


def a_delivery_is_explained_from_its_call_to_its_next_attempt(binary):
    with Receiver(lambda event, headers: 500) as receiver, Sandbox(binary, "--clock", "manual", "--webhook-url", receiver.url) as sandbox:
        sandbox.investors(sandbox.token(), ["one"])
        sandbox.post("/_sandbox/wait", {"until": "idle"})
        delivery = sandbox.deliveries()["documents"][0]["deliveryId"]
        told = sandbox.get("/_sandbox/explain/" + delivery)
        assert told["rule"]["id"] == "webhook.2xx" and "attempt 2 at" in told["waitsFor"]["what"], told
        assert told["cause"]["operation"] == "bulkCreateInvestors", told
        assert ["rule" in step for step in told["chain"]] == [False] * (len(told["chain"]) - 1) + [True], told
        sandbox.post("/_sandbox/clock/advance", {"until": "idle"})
        told = sandbox.get("/_sandbox/explain/" + delivery)
        assert told["status"] == "dead" and told["rule"]["id"] == "retry.dead-letter", told
        assert "webhook-deliveries retry " + delivery == told["waitsFor"]["command"].removeprefix("zest-sandbox "), told
        code, text, _ = explain(sandbox, delivery)
        assert code == 0 and "scheduled attempt 6 (+14h35m30s): failed, 500" in text, text
        assert f"In the console: {sandbox.url}/_sandbox/console#/deliveries/{delivery}" in text, text
        code, text, _ = explain(sandbox)
        assert code == 0 and delivery in text and "webhook.2xx" in text, text


def a_resource_tells_its_history_and_what_it_waits_for(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        token = sandbox.token()
        made = sandbox.post("/v1/spv-requests", sample(sandbox), token=token, headers={"Idempotency-Key": "the-key"})
        slug = made["spvRequestSlug"]
        told = sandbox.get("/_sandbox/explain/" + slug)
        assert told["waitsFor"]["command"] == "zest-sandbox spv-requests approve " + slug, told
        sandbox.post(f"/_sandbox/spv-requests/{slug}/approve")
        told = sandbox.get("/_sandbox/explain/" + slug)
        assert "waitsFor" not in told and any("approved; its SPV is veh_" in moment["what"] for moment in told["history"]), told
        person = sandbox.investors(token, ["my-investor"])[0]["zestPersonId"]
        assert sandbox.get("/_sandbox/explain/my-investor")["id"] == person
        vehicle = sandbox.get("/v1/spv-requests/" + slug, token=token)["materialisedRefs"]["vehicleSlug"]
        assert sandbox.get("/_sandbox/explain/" + vehicle)["id"] == slug
        told = sandbox.get("/_sandbox/explain/the-key")
        assert told["summary"] == "Idempotency-Key the-key: 1 call" and "executed" in told["history"][0]["what"], told


def what_succeeded_after_a_refusal_is_said(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        token, other, body = sandbox.token(), sandbox.partner("client_other"), sample(sandbox)

        def submit(key=None, token=token):
            return sandbox.call("POST", "/v1/spv-requests", body, token=token, headers={"Idempotency-Key": key} if key else {})

        expect(400, submit())
        expect(201, submit("theirs", other))  # another partner's, and another operation of its own, are none
        sandbox.investors(token, ["one"])
        assert "since" not in sandbox.get("/_sandbox/explain/last")
        for key, times in (("a", "since, by call-"), ("b", "since, 2 times, last by call-")):
            expect(201, submit(key))
            newest = sandbox.get("/_sandbox/requests?operation=createSpvRequest&clientId=client_acme")["documents"][0]["sequence"]
            line = f"createSpvRequest has succeeded {times}{newest}"
            assert sandbox.get("/_sandbox/explain/last")["since"] == line
            assert explain(sandbox, "last")[1].split("\n")[1] == line + "."
        # One that nobody can be told to have made: whoever succeeded.
        expect(401, sandbox.call("POST", "/v1/spv-requests", body))
        expect(201, submit("again", other))
        assert "createSpvRequest has succeeded since, by call-" in explain(sandbox, "last")[1]


def mistakes_of_strangers_are_corrected(binary):
    """What clients get wrong beside the rules themselves: the explanation alone says what to change."""
    with Sandbox(binary, "--clock", "manual") as sandbox:
        token = sandbox.token()
        body = sample(sandbox)
        row = {"partnerInvestorId": "x", "email": "a@example.com", "firstName": "A", "lastName": "B", "dateOfBirth": "1980-01-01"}

        def told(method, path, content=None, **more):
            refused_by = sandbox.call(method, path, content, **{"token": token, **more})
            return sandbox.get("/_sandbox/explain/" + refused_by.json["errorId"])

        wrapped = told("POST", "/v1/investors", [row])
        assert wrapped["changes"][0].startswith('set the body to {"investors":[{"partnerInvestorId":"x"'), wrapped
        assert "'{\"investors\":[{\"partnerInvestorId\":\"x\"" in wrapped["curl"], wrapped
        twice = told("POST", "/v1/investors", json.dumps(json.dumps({"investors": [row]})).encode(), headers={"Content-Type": "application/json"})
        assert twice["changes"][0].startswith('set the body to {"investors":[{"partnerInvestorId":"x"'), twice
        inner = told("POST", "/v1/spv-requests", {**body, "attributes": json.dumps(body["attributes"])}, headers={"Idempotency-Key": "k"})
        assert json.dumps(body["attributes"]["underlyingCompanySlug"]) in inner["changes"][0] and inner["enough"], inner
        slash = told("POST", "/v1/investors/", {"investors": [row]})
        assert slash["changes"] == ["call /v1/investors instead of /v1/investors/"] and "/v1/investors -H" in slash["curl"], slash
        quoted = told("GET", "/v1/oauth2/info", token=f'"{token}"')
        assert quoted["rule"]["id"] == "auth.token-form" and "send it bare" in quoted["summary"], quoted
        made = sandbox.post("/v1/spv-requests", body, token=token, headers={"Idempotency-Key": "k2"})
        sandbox.post(f"/_sandbox/spv-requests/{made['spvRequestSlug']}/approve")
        known = sandbox.get("/v1/spv-requests/" + made["spvRequestSlug"], token=token)
        vehicle, share = known["materialisedRefs"]["vehicleSlug"], known["feesAndCarry"]["shareClasses"][0]["slug"]
        person = sandbox.investors(token, ["one"])[0]["zestPersonId"]
        money = {"currency": body["attributes"]["currency"], "value": 500000.5}
        subscription = {"zestPersonId": person, "lumpSum": money, "shareClassSlug": share}
        amount = told("POST", f"/v1/spvs/{vehicle}/subscriptions", {"subscriptions": [subscription]})
        assert amount["changes"] == ['set subscriptions[0].lumpSum.value to "500000.5"'], amount
        sandbox.post(f"/v1/spvs/{vehicle}/subscriptions", {"subscriptions": [{**subscription, "lumpSum": {**money, "value": "500000.5"}}]}, token=token)
        part = b'--x\r\nContent-Disposition: form-data; name="document"; filename="a"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--x--\r\n'
        named = told("POST", f"/v1/spvs/{vehicle}/subscription/{person}/forms", part, headers={"Content-Type": "multipart/form-data; boundary=x"})
        assert named["changes"] == ["name the part file, not document"], named


class Pasting:
    """Refused calls, and the lines of their explanations in a shell."""

    def __init__(self, binary, sandbox):
        self.sandbox = sandbox
        self.directory = tempfile.TemporaryDirectory()
        (pathlib.Path(self.directory.name) / "zest-sandbox").symlink_to(pathlib.Path(binary).resolve())

    def told(self, method, path, body=None, **more):
        answer = self.sandbox.call(method, path, body, **more)
        assert answer.status >= 400, answer
        return self.sandbox.get("/_sandbox/explain/" + answer.json["errorId"])

    def run(self, lines):
        environment = {**clean_environment(), "PATH": self.directory.name + ":" + os.environ["PATH"]}
        script = "curl() { command curl -sS -f \"$@\"; }\n" + lines  # -f: an error is one of the shell's, too
        return subprocess.run(["sh", "-ec", script], capture_output=True, text=True, timeout=PATIENCE, check=False, env=environment)

    def passes(self, *call, saying=None, **more):
        """Answers what the last line printed."""
        told = self.told(*call, **more)
        ran = self.run(told["curl"])
        assert ran.returncode == 0, (call, told["changes"], told["curl"], ran)
        if saying is not None:
            assert any(saying in change for change in told["changes"]), (call, told["changes"])
        return ran.stdout


def calls_are_mended_whatever_is_wrong_beside_the_body(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        paste, token, body = Pasting(binary, sandbox), sandbox.token(), sample(sandbox)
        row = {"partnerInvestorId": "x", "email": "a@example.com", "firstName": "A", "lastName": "B", "dateOfBirth": "1980-01-01"}
        json_type = {"Content-Type": "application/json"}
        # Tokens.
        paste.passes("POST", "/v1/investors", {"investors": [row]})
        paste.passes("GET", "/v1/spv-requests?access_token=abc", saying="leave the token out of the URL")
        paste.passes("GET", "/v1/spv-requests", headers={"Authorization": "Token " + token})
        # A body that was not read is that of the newest request, of the template that the partner uses.
        keyed = {"Authorization": "Basic " + token, "Idempotency-Key": "s"}
        anyones = paste.told("POST", "/v1/spv-requests", body, headers=keyed)
        assert anyones["example"] and "exampleOf" not in anyones, anyones
        other = sandbox.get("/v1/contracts/samples/1.0.0/syndicate_primary") if body["templateId"] in anyones["curl"] else body
        own = sandbox.post("/v1/spv-requests", other, token=token, headers={"Idempotency-Key": "own"})
        for path, headers in (("/v1/spv-requests", keyed), ("/v1/spv-request", {"Idempotency-Key": "s"})):
            told = paste.told("POST", path, other, headers=headers)
            assert told["example"] and told["exampleOf"] == own["spvRequestSlug"], told
            own = json.loads(paste.run(told["curl"]).stdout)
            assert (own["templateId"], own["attributes"]) == (other["templateId"], other["attributes"]), own
        assert f"(The body is that of {own['spvRequestSlug']}: the one that was sent is not kept.)" in explain(sandbox, "last")[1]
        # Paths and methods.
        for path in ("/investors", "/api/v1/investors", "//v1/investors", "/v1/investor"):
            paste.passes("POST", path, {"investors": [row]}, token=token, saying="call /v1/investors instead of " + path)
        paste.passes("GET", "/wp-admin", token=token)
        paste.passes("PATCH", "/v1/spv-requests", {}, token=token, saying="call it with POST instead of PATCH: the path takes GET and POST")
        paste.passes("GET", "/v1/investors", token=token, saying="call it with POST instead of GET: the path takes POST")
        # Bodies that are not kept.
        for content, headers in ((b"{", json_type), (b"", json_type), (b"{'a': 1}", json_type), (b"{}", {"Content-Type": "text/plain"}), (b"{}", {})):
            paste.passes("POST", "/v1/investors", content, token=token, headers=headers)
        paste.passes("POST", "/v1/investors", b" " * 2_000_000, token=token, headers=json_type)
        # Queries.
        for query, saying in (("perPage=0", "perPage to 1"), ("perPage=1000&status=approved", "perPage to 100"), ("page=x", "page to 1"),
                              ("status=aproved", "status to approved"), ("status=zzzzzzzz", "leave out the query parameter status"),
                              ("page=1&page=2", "send page once")):
            paste.passes("GET", "/v1/spv-requests?" + query, token=token, saying=saying)
        # Contracts.
        paste.passes("GET", "/v1/contracts/templates/9.9.9", saying="ask for version 1.0.0")
        paste.passes("GET", "/v1/contracts/templates/1.0.0/syndicate_secundary", saying="ask for syndicate_secondary")
        for wrong, saying in (({"templateId": "syndicate_secundary"}, 'set templateId to "syndicate_secondary"'),
                              ({"templateVersion": "1.0"}, 'set templateVersion to "1.0.0"')):
            paste.passes("POST", "/v1/spv-requests", {**body, **wrong}, token=token, headers={"Idempotency-Key": "t"}, saying=saying)
        # Keys: the first use is told, and the pasted line has a key of its own.
        sandbox.post("/v1/spv-requests", body, token=token, headers={"Idempotency-Key": "used"})
        paste.passes("POST", "/v1/investors", {"investors": [row]}, token=token, headers={"Idempotency-Key": "used"}, saying="for POST /v1/spv-requests")
        paste.passes("POST", "/v1/spv-requests", body, token=token, headers={"Idempotency-Key": "a b"})
        paste.passes("POST", "/v1/spv-requests", body, token=token, headers={"X-Idempotency-Key": "a"}, saying="call the header Idempotency-Key, not X-Idempotency-Key")
        # A fault is met with the same key, and is done once.
        faulty = {"Idempotency-Key": "again", "Prefer": "fault=drop-after-commit"}
        with contextlib.suppress(OSError, http.client.HTTPException):
            sandbox.call("POST", "/v1/spv-requests", body, token=token, headers=faulty)
        told = paste.told("POST", "/v1/spv-requests", body, token=token, headers={"Idempotency-Key": "again", "Prefer": "code=503"})
        assert "Idempotency-Key: again" in told["curl"], told["curl"]
        # Provisioning.
        sandbox.call("PATCH", "/_sandbox/partners/client_acme", {"provisioned": False})
        paste.passes("POST", "/v1/investors", {"investors": [row]}, token=token, saying="have client_acme provisioned")


def values_that_break_a_rule_are_replaced_until_the_body_fits(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        paste, token, body = Pasting(binary, sandbox), sandbox.token(), sample(sandbox)
        attributes = body["attributes"]
        share = attributes["shareClasses"][0]
        for wrong in ({"currency": 7}, {"currency": "usd"}, {"shareClasses": []}, {"shareClasses": share}, {"minimumTicketSize": 1000},
                      {"minimumTicketSize": {"currency": attributes["currency"], "amount": "1"}}, {"minimumTicketSize": None},
                      {"shareClasses": [{**share, "slug": "sc_a"}, {**share, "slug": "sc_a", "name": "B"}]},
                      {"shareClasses": [{**share, "carryPercent": "20%"}]}, {"shareClasses": [{**share, "name": f"C{i}"} for i in range(21)]}):
            paste.passes("POST", "/v1/spv-requests", {**body, "attributes": {**attributes, **wrong}}, token=token, headers={"Idempotency-Key": "k"})
        outside = {"templateId": body["templateId"], "templateVersion": body["templateVersion"], **attributes}
        paste.passes("POST", "/v1/spv-requests", outside, token=token, headers={"Idempotency-Key": "k"})
        snake = {"template_id": body["templateId"], "template_version": body["templateVersion"], "attributes": attributes}
        paste.passes("POST", "/v1/spv-requests", snake, token=token, headers={"Idempotency-Key": "k"}, saying="write templateId instead of template_id")
        alone = {"partnerInvestorId": "x", "email": "a@example.com", "firstName": "A", "lastName": "B", "dateOfBirth": "1980-01-01"}
        paste.passes("POST", "/v1/investors", b'{"investors":[],}', token=token, headers={"Content-Type": "application/json"}, saying="a comma before }")
        made = paste.passes("POST", "/v1/investors", alone, token=token, saying='set the body to {"investors":[{"partnerInvestorId":"x"')
        assert json.loads(made)["results"][0]["partnerInvestorId"] == "x"


def header_faults_show_what_was_sent_and_no_secret(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        token, secret = sandbox.token(), "c2VjcmV0LWlkOnNlY3JldC1rZXk="

        def says(saying, shown, method, path, body=b"{}", **more):
            answer = sandbox.call(method, path, body, **more)
            assert answer.status >= 400, answer
            told = sandbox.get("/_sandbox/explain/" + answer.json["errorId"])
            assert any(saying in change for change in told["changes"]), (saying, told["changes"])
            code, text, _ = explain(sandbox, answer.json["errorId"])
            assert code == 0 and (shown is None or re.search(rf"^  {re.escape(shown)}$", text, re.MULTILINE)), (shown, text)
            for word in (token, secret):
                assert word not in text + json.dumps(told), text

        def authorization(saying, sent, shown):
            says(saying, shown, "GET", "/v1/spv-requests", None, headers={"Authorization": sent})

        authorization("write Bearer where the header had the scheme Basic", "Basic " + secret, "Authorization       Basic [redacted]")
        authorization("write Bearer where the header had the scheme Token", "Token " + token, "Authorization       Token [redacted]")
        authorization("write Bearer where the header had the scheme Bearer:", "Bearer: " + token, "Authorization       Bearer: [redacted]")
        authorization("began with no scheme", token, "Authorization       [redacted]")
        authorization("began with no scheme", token + " Bearer", "Authorization       [redacted]")  # the token is no scheme
        typed = {"Content-Type": "text/plain; charset=utf-8"}
        says("a JSON body; it came as text/plain; charset=utf-8", "contentType         text/plain; charset=utf-8", "POST", "/v1/investors", token=token, headers=typed)
        says("a JSON body; it came without the header", None, "POST", "/v1/investors", token=token)
        says("not as the body itself or in JSON; it came as application/pdf", None, "POST", "/v1/spvs/veh_0/subscription/psn_0/forms", b"%PDF", token=token,
             headers={"Content-Type": "application/pdf"})
        says("no JSON; it came as application/json", None, "POST", "/v1/oauth2/tokens", {"grant_type": "x"})
        says("image/webp; it came as text/html", None, "POST", "/v1/spvs/veh_0/subscription/psn_0/forms", token=token, **upload("forms", content_type="text/html"))
        body = sample(sandbox)
        says('the key was "a b"', "Idempotency-Key     a b", "POST", "/v1/spv-requests", body, token=token, headers={"Idempotency-Key": "a b"})
        says('"' + "k" * 60 + '…", 300 characters', None, "POST", "/v1/spv-requests", body, token=token, headers={"Idempotency-Key": "k" * 300})
        says("the header was Prefer: code=999", "Prefer              code=999", "GET", "/v1/spv-requests", None, token=token, headers={"Prefer": "code=999"})


def what_a_call_needs_is_found_or_made_first(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        paste, token, body = Pasting(binary, sandbox), sandbox.token(), sample(sandbox)
        currency = body["attributes"]["currency"]
        money = (("amount", "1"), ("currency", currency), ("wireReference", "w"))
        # Nothing is there: all of it is made, in order.
        made = paste.passes("POST", "/v1/spvs/veh_0/subscription/psn_0/fundings", token=token, **upload("fundings", fields=money))
        assert "fundingReceiptUrl" in made, made
        vehicle = sandbox.get("/v1/spv-requests", token=token)["documents"][0]["materialisedRefs"]["vehicleSlug"]
        request = sandbox.get("/v1/spv-requests", token=token)["documents"][0]["spvRequestSlug"]
        share = sandbox.get("/v1/spv-requests/" + request, token=token)["feesAndCarry"]["shareClasses"][0]
        # SPV requests.
        read = json.loads(paste.passes("GET", "/v1/spv-requests/" + vehicle, token=token, saying="write " + request))
        assert read["spvRequestSlug"] == request
        paste.passes("GET", "/v1/spv-requests/svr_0", token=token, saying="such as " + request)
        paste.passes("DELETE", "/v1/spv-requests/" + request, token=token, saying="is approved since")

        def subscribe(spv, saying, **changed):
            person = sandbox.investors(token, ["i-" + str(len(sandbox.get("/_sandbox/investors")["documents"]))])[0]["zestPersonId"]
            row = {"zestPersonId": person, "lumpSum": {"currency": currency, "value": "500000"}, "shareClassSlug": share["slug"], **changed}
            told = json.loads(paste.passes("POST", f"/v1/spvs/{spv}/subscriptions", {"subscriptions": [row]}, token=token, saying=saying))
            return told["results"][0], person

        assert subscribe(request, "write " + vehicle)[0]["spvSlug"] == vehicle
        pending = sandbox.post("/v1/spv-requests", body, token=token, headers={"Idempotency-Key": "p"})["spvRequestSlug"]
        assert subscribe(pending, f"wait until {pending} is approved")[0]["spvSlug"] != vehicle
        subscribe("veh_0", "use an SPV that there is")
        subscribe(vehicle, "use a zestPersonId that there is", zestPersonId="psn_0")
        subscribe(vehicle, "to \"" + share["slug"], shareClassSlug=share["name"])
        subscribe(vehicle, "currency to \"" + currency, lumpSum={"currency": "JPY", "value": "500000"})
        subscribe(vehicle, "lumpSum.value to", lumpSum={"currency": currency, "value": "1"})
        got, person = subscribe(vehicle, "lumpSum to {", lumpSum=500000)
        assert got["personId"] == person
        own = sandbox.investors(token, ["my-own-id"])[0]["zestPersonId"]
        assert subscribe(vehicle, "where your own id my-own-id stands", zestPersonId="my-own-id")[0]["personId"] == own
        twice = {"subscriptions": [{"zestPersonId": own, "lumpSum": {"currency": currency, "value": "500000"}, "shareClassSlug": share["slug"]}]}
        assert "the signed form" in paste.passes("POST", f"/v1/spvs/{vehicle}/subscriptions", twice, token=token, saying="leave out subscriptions[0]")
        # Documents.
        path = f"/v1/spvs/{vehicle}/subscription/{own}"
        paste.passes("POST", path + "/fundings", token=token, saying="upload the signed form first", **upload("fundings", fields=money))
        for wrong in (upload("forms", content_type="text/plain"), upload("forms", content=b""), {"body": b"%PDF", "headers": {"Content-Type": "application/pdf"}},
                      {"body": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}):
            paste.passes("POST", path + "/forms", token=token, **wrong)
        for fields in (money[1:], (("amount", "5,000"),) + money[1:], (("amount", "1"), ("currency", "JPY"), ("wireReference", "w")),
                       money[:2] + (("wire_reference", "w"),)):
            paste.passes("POST", path + "/fundings", token=token, **upload("fundings", fields=fields))
        for misspelt in (path.replace("/subscription/", "/subscriptions/") + "/forms", path + "/form"):
            paste.passes("POST", misspelt, token=token, saying="call " + path + "/forms instead", **upload("forms"))
        subscription = next(each for each in sandbox.get("/_sandbox/subscriptions")["documents"] if each["personId"] == own)["subscriptionSlug"]
        sandbox.post(f"/_sandbox/subscriptions/{subscription}/complete")
        assert "completed" in paste.passes("POST", path + "/forms", token=token, saying="takes no documents any more", **upload("forms", content=b"%PDF new"))
        # Another partner's: the call is made in its name, with a token that needs no key.
        other = sandbox.partner("client_other")
        paste.passes("GET", "/v1/spv-requests/" + request, token=other, saying="call it as client_acme")
        paste.passes("GET", "/v1/spv-requests?page=0", token=other)
        # The control plane.
        fresh = subscribe(vehicle, None, lumpSum=1)[0]["subscriptionSlug"]
        assert "completed" in paste.passes("POST", f"/_sandbox/subscriptions/{fresh}/complete", {}, saying="Upload the receipt")


def what_a_delivery_waits_for_is_a_line_that_passes(binary):
    with Receiver(lambda event, headers: 500) as receiver, Sandbox(binary, "--clock", "manual") as sandbox:
        paste, token = Pasting(binary, sandbox), sandbox.token()

        def newest(name):
            sandbox.investors(token, [name])
            return sandbox.deliveries()["documents"][0]["deliveryId"]

        def ends(delivery, saying, status):
            text = explain(sandbox, delivery)[1]
            assert saying in text, text
            line = text.split("waits for ")[1].split("\n")[1]
            ran = paste.run(line)
            assert ran.returncode == 0, (line, ran)
            sandbox.post("/_sandbox/wait", {"until": "idle"})
            assert sandbox.get("/_sandbox/webhook-deliveries/" + delivery)["status"] == status, (line, ran)

        homeless = newest("a")
        ends(homeless, "the partner has no webhookUrl", "retrying")
        sandbox.call("PATCH", "/_sandbox/partners/client_acme", {"webhookUrl": receiver.url})
        sandbox.post("/_sandbox/webhooks/pause")
        ends(newest("b"), "the dispatcher, which is paused", "retrying")
        sandbox.post("/_sandbox/chaos/rules", {"id": "holder", "on": "webhook", "match": {"first": 1}, "action": {"type": "hold", "untilReleased": True}})
        ends(newest("c"), "chaos rule holder, which holds it", "retrying")
        ends(homeless, "attempt 2 at", "retrying")
        sandbox.post("/_sandbox/clock/advance", {"until": "idle"})
        ends(homeless, "nobody: it is dead", "retrying")


def calls_at_one_instant_are_told_apart_by_what_they_emitted(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        token, body = sandbox.token(), sample(sandbox)
        made = [sandbox.post("/v1/spv-requests", body, token=token, headers={"Idempotency-Key": key})["spvRequestSlug"] for key in ("a", "b")]
        for slug in made:
            expect(200, sandbox.call("DELETE", "/v1/spv-requests/" + slug, token=token))
        for delivery in sandbox.deliveries(eventType="spv_request.cancelled")["documents"]:
            told = sandbox.get("/_sandbox/explain/" + delivery["deliveryId"])
            assert told["cause"]["path"] == "/v1/spv-requests/" + delivery["subject"], told
        for delivery in sandbox.deliveries(eventType="spv_request.created")["documents"]:
            key = "ab"[made.index(delivery["subject"])]
            code, text, _ = explain(sandbox, delivery["deliveryId"])
            found = re.search(r"POST /v1/spv-requests was answered 201 \((call-\d+), Idempotency-Key (\w)\)", text)
            assert code == 0 and found and found[2] == key, text
            code, history, _ = explain(sandbox, delivery["subject"])
            assert code == 0 and f"POST /v1/spv-requests: 201 ({found[1]})" in history, history
            code, call, _ = explain(sandbox, found[1])
            assert code == 0 and call.startswith("POST /v1/spv-requests: 201\n") and "idempotencyKey      " + key in call, call
            assert f"{sandbox.url}/_sandbox/console#/requests/{found[1].removeprefix('call-')}" in call, call


def a_refused_assertion_says_which_claim_was_how_far_off(binary):
    with Sandbox(binary) as sandbox:
        key = sandbox.post("/_sandbox/partners", {"clientId": "client_doctor", "name": "Doctor"})["privateKeyPem"]
        paste = Pasting(binary, sandbox)
        now = int(time.time())
        claims = {"iss": "https://portal.example", "sub": "client_doctor", "client_id": "client_doctor", "aud": sandbox.url, "iat": now, "exp": now + 60}
        cases = (({"aud": sandbox.url + "/v1/oauth2/tokens"}, f'set aud to "{sandbox.url}" instead of "{sandbox.url}/v1/oauth2/tokens"'),
                 ({"iat": now + 7200, "exp": now + 7260}, "whole hours: local time was taken for UTC"),
                 ({"iat": now - 900, "exp": now - 840}, "behind this machine's clock"), ({"exp": now + 9000}, "it was iat + 9000"),
                 ({"sub": "client_x"}, 'sub was "client_x", client_id "client_doctor"'),
                 ({"sub": "client_docter", "client_id": "client_docter"}, "did you mean client_doctor?"))
        tokens = make_tokens([{"key": key, "header": {"alg": "EdDSA"}, "claims": {**claims, **changed}} for changed, _ in cases])
        for (changed, saying), token in zip(cases, tokens):
            grant = form("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=" + token)
            assert paste.passes("POST", "/v1/oauth2/tokens", saying=saying, **grant).startswith("eyJ"), changed
            text = explain(sandbox, "last")[1]
            assert '"alg": "EdDSA"' in text and token not in text, text
        paste.passes("POST", "/v1/oauth2/tokens", saying='instead of "client_credentials"', **form("grant_type=client_credentials"))
        paste.passes("POST", "/v1/oauth2/tokens", {"grant_type": "x"}, saying="send a form")


def an_unknown_id_says_where_it_looked(binary):
    with Sandbox(binary, "--max-journal", "2") as sandbox:
        code, text, _ = explain(sandbox)
        assert code == 0 and text == "Nothing went wrong.\n", text
        expect(404, sandbox.call("GET", "/_sandbox/explain/last"))
        assert explain(sandbox, "last") == (0, "Nothing went wrong.\n", "")
        code, text, _ = explain(sandbox, "last", "--json")
        assert code == 0 and json.loads(text)["documents"] == [], text
        slug = sandbox.post("/v1/spv-requests", sample(sandbox), token=sandbox.token(), headers={"Idempotency-Key": "k"})["spvRequestSlug"]
        for _ in range(3):
            sandbox.call("GET", "/v1/spv-request")
        wrong = slug[:-1] + ("0" if slug[-1] != "0" else "2")
        detail = expect(404, sandbox.call("GET", "/_sandbox/explain/" + wrong)).json["detail"]
        assert f"did you mean {slug}?" in detail and "remembers calls since" in detail and "deliveries" in detail, detail
        code, _, error = explain(sandbox, wrong)
        assert code == 1 and "looked among" in error, error


if __name__ == "__main__":
    main([each_rule_is_told_by_its_id, the_header_can_be_left_out, the_curl_line_of_an_explanation_passes, rows_that_failed_within_a_success_are_explained,
          a_delivery_is_explained_from_its_call_to_its_next_attempt, a_resource_tells_its_history_and_what_it_waits_for,
          calls_are_mended_whatever_is_wrong_beside_the_body, values_that_break_a_rule_are_replaced_until_the_body_fits,
          header_faults_show_what_was_sent_and_no_secret, what_a_call_needs_is_found_or_made_first, what_a_delivery_waits_for_is_a_line_that_passes,
          calls_at_one_instant_are_told_apart_by_what_they_emitted, a_refused_assertion_says_which_claim_was_how_far_off,
          what_succeeded_after_a_refusal_is_said, mistakes_of_strangers_are_corrected, an_unknown_id_says_where_it_looked])
