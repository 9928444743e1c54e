#!/usr/bin/env python3
"""The scenario commands as users run them: the shipped scenarios against a good and a careless receiver, byte for byte
the same beside a busy partner, the JSON Schema beside the linter, reports and exit codes, and a partner's own application.

usage: scenario_test.py BINARY SCENARIOS_FOLDER
"""

import hashlib
import hmac
import http.server
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import xml.dom.minidom

from sandbox_process import Sandbox, clean_environment

BINARY, FOLDER = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
SEEDED_SECRET = json.loads((FOLDER.parent / "fixtures/partners/acme.json").read_text())["webhookSecret"]


def run(*arguments, code=0):
    done = subprocess.run([BINARY, "scenario", *map(str, arguments)], capture_output=True, text=True, timeout=240,
                          env=clean_environment())
    assert done.returncode == code, f"{arguments}: {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def parsed(text):
    """JSON with comments."""
    token = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
    return json.loads(token.sub(lambda found: found[0] if found[0][0] == '"' else " ", text))


TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def has_type(value, name):
    if name in ("integer", "number"):
        return not isinstance(value, bool) and isinstance(value, int if name == "integer" else (int, float))
    return isinstance(value, TYPES[name])


def fits(schema, value, root):
    """Draft 2020-12 as far as scenario.schema.json uses it."""
    for keyword, wanted in schema.items():
        if keyword == "$ref":
            good = fits(root["$defs"][wanted.rsplit("/", 1)[1]], value, root)
        elif keyword == "type":
            good = has_type(value, wanted)
        elif keyword == "enum":
            good = value in wanted
        elif keyword == "const":
            good = value == wanted
        elif keyword == "anyOf":
            good = any(fits(each, value, root) for each in wanted)
        elif keyword == "not":
            good = not fits(wanted, value, root)
        elif keyword == "required":
            good = not isinstance(value, dict) or all(name in value for name in wanted)
        elif keyword == "properties":
            good = not isinstance(value, dict) or all(
                fits(each, value[name], root) for name, each in wanted.items() if name in value)
        elif keyword == "additionalProperties":
            others = [] if not isinstance(value, dict) else [
                value[name] for name in value if name not in schema.get("properties", {})]
            good = not others if wanted is False else all(fits(wanted, each, root) for each in others)
        elif keyword == "items":
            good = not isinstance(value, list) or all(fits(wanted, each, root) for each in value)
        elif keyword in ("minItems", "maxItems"):
            good = not isinstance(value, list) or (
                len(value) >= wanted if keyword == "minItems" else len(value) <= wanted)
        elif keyword in ("minimum", "maximum", "exclusiveMinimum"):
            good = isinstance(value, bool) or not isinstance(value, (int, float)) or (
                value >= wanted if keyword == "minimum" else value <= wanted if keyword == "maximum" else value > wanted)
        elif keyword == "pattern":
            good = not isinstance(value, str) or re.search(wanted, value) is not None
        else:
            assert keyword in ("$schema", "$defs", "title", "description", "format"), keyword
            good = True
        if not good:
            return False
    return True


# Steps that both the schema and the linter refuse, and what the linter says.
BROKEN_STEPS = [
    ('{"call": "createSpvRequests"}', "did you mean"),
    ('{"call": "getSpvRequest", "slug": "x"}', "unknown member"),
    ('{"call": "getSpvRequest", "spvRequest": 1}', "must be a text"),
    ('{"advance": "soon"}', "must be"),
    ('{"advance": 5}', "must be"),
    ('{}', "nothing to do"),
    ('{"chaos": {"on": "webhook", "action": {"type": "duplicate", "copies": 21}}}', "from 1 to 20"),
    ('{"chaos": {"on": "webhook", "action": {"type": "dupe"}}}', "unknown type"),
    ('{"chaos": {"on": "api", "action": {"type": "status", "code": 418}}}', "one of 400"),
    ('{"chaos": {"action": {"type": "drop"}}}', 'needs "on"'),
    ('{"expect": "deliveries", "count": -1}', "must be"),
    ('{"expect": "deliveries", "status": "done"}', "unknown value"),
    ('{"expect": "deliveries", "event": "spv_request.made"}', "unknown event type"),
    ('{"expect": "received", "order": "investor.created"}', "must be a list"),
    ('{"expect": "state", "of": "${clientId}", "is": "complete"}', "did you mean"),
    ('{"expect": "nothing"}', "unknown expect"),
    ('{"receiver": {"status": 99}}', "must be"),
    ('{"receiver": "broken"}', "unknown value"),
    ('{"repeat": 0, "steps": [{"advance": "1s"}]}', "must be"),
    ('{"forEach": [], "steps": [{"advance": "1s"}]}', "must"),
    ('{"wait": "forever"}', "must be one of idle"),
    ('{"call": "listSpvRequests", "expect": {"body": {"count": {"equal": 1}}}}', "did you mean"),
]


def schema_and_linter_agree(folder):
    schema = json.loads((FOLDER / "scenario.schema.json").read_text(encoding="utf-8"))
    assert schema == json.loads(run("schema")), "scenarios/scenario.schema.json is not what `scenario schema` prints"
    for file in sorted(FOLDER.glob("*.json")):
        if not file.name.endswith(".schema.json"):
            assert fits(schema, parsed(file.read_text(encoding="utf-8")), schema), file
    assert "nothing to find fault with" in run("lint", FOLDER)
    files = sorted(FOLDER.glob("*.json"))  # as a shell's *.json: the schema is among them
    assert "nothing to find fault with" in run("lint", *files)
    for number, (step, reason) in enumerate(BROKEN_STEPS):
        text = '{"name": "broken", "purpose": "p", "steps": [\n' + step + "\n]}"
        assert not fits(schema, parsed(text), schema), f"the schema takes {step}"
        file = folder / f"broken{number}.json"
        file.write_text(text, encoding="utf-8")
        said = run("lint", file, code=1)
        assert f"{file}:2:" in said and reason in said, f"{step}: {said}"


def shipped_scenarios():
    return json.loads(run("list", "--json"))


def good_receiver_passes_and_a_careless_one_is_caught():
    shipped = shipped_scenarios()
    assert len(shipped) == 16, [each["name"] for each in shipped]
    for each in shipped:
        assert each["purpose"] and each["source"], each
    run("run", "-q")
    caught = {each["name"] for each in shipped if each["catches"]}
    flaws = {flaw for each in shipped for flaw in each["catches"]}
    assert flaws == {"no-verification", "no-dedup", "regressing-state"}
    verdicts = dict(reversed(line.split()[:2]) for line in run("run", "-q", "--receiver", "naive", code=1).splitlines()
                    if line.startswith(("PASSED", "FAILED")))
    assert {name for name, verdict in verdicts.items() if verdict == "FAILED"} == caught, verdicts


def runs_are_the_same_beside_a_busy_partner(folder):
    def noise(sandbox, stopped):
        token = sandbox.partner("noise", webhookUrl="http://127.0.0.1:9/nobody")
        rule = {"on": "webhook", "clientId": "noise", "match": {"probability": 0.5},
                "action": {"type": "duplicate", "copies": 3, "spacing": "1s"}}
        sandbox.post("/_sandbox/chaos/rules", rule)
        number = 0
        while not stopped.is_set():
            number += 1
            row = {"partnerInvestorId": f"inv-{number}", "email": "a@example.com", "firstName": "A", "lastName": "B",
                   "dateOfBirth": "1990-01-01"}
            sandbox.post("/v1/investors", {"investors": [row]}, token=token)
            sandbox.post("/_sandbox/clock/advance", {"clientId": "noise", "by": "1h"})

    forms = []
    for busy in (False, True):
        with Sandbox(BINARY, "--clock", "manual", "--seed", "7", "--log-level", "off") as sandbox:
            stopped = threading.Event()
            noisy = threading.Thread(target=noise, args=(sandbox, stopped))
            if busy:
                noisy.start()
            form = folder / f"canonical-{busy}"
            try:
                run("run", "-q", "--url", sandbox.url, "--canonical", form)
            finally:
                stopped.set()
                if busy:
                    noisy.join()
            partners = sandbox.get("/_sandbox/partners")["documents"]
            assert not any(each["clientId"].startswith("scenario-") for each in partners), "partners are left behind"
            # In the order of the command line, whatever ended first.
            forms.append(form.read_bytes())
    assert len(forms[0]) > 20_000
    assert forms[0] == forms[1], "another partner's work changes the canonical form"
    run("run", "-q", "duplicates", "--repeat", "2")


def reports_and_exit_codes(folder):
    file = folder / "failing.json"
    file.write_text("""{
      "name": "failing", "purpose": "Fails.", "variables": {"wanted": 2},
      "steps": [
        {"setUp": "spvRequest"},
        {"expect": "deliveries", "subject": "${svr}", "count": "${wanted}"}, // there is one
        {"expect": "quiet"}
      ]
    }""", encoding="utf-8")
    junit, report = folder / "junit.xml", folder / "report.json"
    said = run("run", file, "--junit", junit, "--json", report, code=1)
    assert f"{file}:5:9: deliveries" in said and "expected  2" in said and "got       1" in said, said
    document = xml.dom.minidom.parse(str(junit))
    assert len(document.getElementsByTagName("testcase")) == 1
    assert str(file) in document.getElementsByTagName("failure")[0].getAttribute("message")
    document = json.loads(report.read_text(encoding="utf-8"))
    assert document["failed"] == 1 and document["scenarios"][0]["failures"][0]["mismatches"][0]["got"] == "1"
    run("run", file, "--set", "wanted=1")
    run("run", file, "--set", "wnated=1", code=2)
    run("run", folder / "missing.json", code=2)
    run("lint", folder / "missing.json", code=2)
    run("run", "hapy-path", code=2)
    run("run", "happy-path", "--filter", "nothing-like-it", code=2)
    run("run", "happy-path", "--url", "http://127.0.0.1:1", code=3)
    file.write_text('{"name": "x"}', encoding="utf-8")
    assert "nothing was run" in run("run", file, code=2)


class Application(http.server.BaseHTTPRequestHandler):
    """A partner's application: verifies with the seeded partner's secret, keeps what it is told, shows it to probes."""

    told = {}

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fields = dict(item.split("=", 1) for item in self.headers["Zest-Signature"].split(","))
        own = hmac.new(SEEDED_SECRET.encode(), fields["t"].encode() + b"." + body, hashlib.sha256)
        if own.hexdigest() != fields["v1"]:
            return self.answer(401, {})
        event = json.loads(body)
        Application.told.setdefault(event["data"].get("spvRequestSlug"), []).append(event["eventType"])
        self.answer(200, {})

    def do_GET(self):
        self.answer(200, {"told": Application.told.get(self.path.rsplit("/", 1)[1], [])})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def token_calls_with_a_body_of_their_own_reach_the_token_endpoint(folder):
    file = folder / "tokens.json"
    file.write_text("""{
      "name": "tokens", "purpose": "What is no form is refused where tokens are made.",
      "steps": [
        {"call": "exchangeJwtAssertion", "rawBody": "{}", "expect": {"status": 400, "body": {"detail":
          "the Content-Type of the request is not supported; this operation takes application/x-www-form-urlencoded"}}}
      ]
    }""", encoding="utf-8")
    run("run", file)


def a_partners_own_application_is_tried(folder):
    file = folder / "own.json"
    file.write_text("""{
      "name": "own-application", "purpose": "The receiver fails twice in front of the application.",
      "variables": {"app": "http://127.0.0.1:3000"},
      "receiver": {"failFirst": 2},
      "steps": [
        {"setUp": "spvRequest"},
        {"probe": "GET ${app}/requests/${svr}", "expect": {"body": {"told": {"length": 0}}}},
        {"advance": "idle"},
        {"expect": "deliveries", "status": "delivered", "offsets": ["0s", "30s", "5m30s"]},
        {"expect": "received", "answers": [500, 500, 200], "applied": 1},
        {"probe": "${app}/requests/${svr}", "expect": {"body": {"told": {"equals": ["spv_request.created"]}}}}
      ]
    }""", encoding="utf-8")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Application) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        said = run("run", file, "--webhook-url", url + "/webhooks", "--set", f"app={url}")
        server.shutdown()
    assert "not checked: received" in said, said


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        schema_and_linter_agree(folder)
        good_receiver_passes_and_a_careless_one_is_caught()
        runs_are_the_same_beside_a_busy_partner(folder)
        reports_and_exit_codes(folder)
        token_calls_with_a_body_of_their_own_reach_the_token_endpoint(folder)
        a_partners_own_application_is_tried(folder)
    print("scenarios: shipped ones hold, careless receivers are caught, runs are the same")


if __name__ == "__main__":
    main()
