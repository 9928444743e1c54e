#!/usr/bin/env python3
"""What partners' tests have met, with the real binary: counted while it happens, printed, merged, and provoked by
the commands that coverage itself gives.

    coverage_test.py BINARY [case…]
"""
import collections
import concurrent.futures
import contextlib
import datetime
import html.parser
import http.client
import json
import os
import pathlib
import re
import subprocess
import tempfile
import xml.etree.ElementTree

from sandbox_process import PATIENCE, Receiver, Sandbox, clean_environment, main


def run(binary, *words, code=0, **more):
    done = subprocess.run([str(binary), *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=PATIENCE, env=clean_environment(), **more)
    assert done.returncode == code, f"{words} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done


def counts(coverage):
    return {item["id"]: item["count"] for dimension in coverage["dimensions"] for item in dimension["items"]}


def met(coverage):
    return {name for name, count in counts(coverage).items() if count}


def shell_environment(binary, sandbox, folder):
    """One in which `zest-sandbox` is the binary and talks to the sandbox."""
    link = pathlib.Path(folder) / "zest-sandbox"
    with contextlib.suppress(FileExistsError):
        link.symlink_to(pathlib.Path(binary).resolve())
    return dict(clean_environment(), PATH=f"{folder}:{os.environ['PATH']}")


def provoke_all(binary, sandbox, folder, query="", reset=None):
    """Runs the command of each item, on a sandbox that finds itself as at the start; answers what did not help."""
    environment = shell_environment(binary, sandbox, folder)
    failures = []
    for item in sorted(counts(sandbox.get("/_sandbox/coverage" + query))):
        sandbox.post("/_sandbox/reset", reset or {})
        items = {each["id"]: each for dimension in sandbox.get("/_sandbox/coverage" + query)["dimensions"]
                 for each in dimension["items"]}
        if items[item]["count"]:
            continue  # it counts for everybody, and no partner's reset takes it back
        done = subprocess.run(["sh", "-c", items[item]["command"]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=PATIENCE, env=environment, cwd=folder)
        sandbox.post("/_sandbox/wait", {"until": "idle", "timeout": "60s"})
        if item not in met(sandbox.get("/_sandbox/coverage" + query)):
            failures.append(f"{item} is not provoked by: {items[item]['command']}\n{done.stdout[-600:]}")
    return failures


def every_missing_item_has_a_command_that_provokes_it(binary):
    """With a manual clock, with a real one, and as a partner with a key of its own."""
    def manual(folder, receiver):
        with Sandbox(binary, "--clock", "manual", "--webhook-url", receiver.url) as sandbox:
            return provoke_all(binary, sandbox, folder)

    def real(folder, receiver):
        with Sandbox(binary, "--webhook-url", receiver.url, "--no-fault-headers") as sandbox:
            return provoke_all(binary, sandbox, folder)

    def as_another(folder, receiver):
        with Sandbox(binary, "--clock", "manual") as sandbox:
            made = sandbox.post("/_sandbox/partners", {"clientId": "client_other", "name": "o", "webhookUrl": receiver.url})
            (pathlib.Path(folder) / "client_other.pem").write_text(made["privateKeyPem"])
            return provoke_all(binary, sandbox, folder, "?clientId=client_other", {"clientId": "client_other"})

    with tempfile.TemporaryDirectory() as folder, Receiver() as receiver, concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(way, folder, receiver) for way in (manual, real, as_another)]
        failures = [failure for one in runs for failure in one.result()]
    assert not failures, "\n".join(failures)


class Watch:
    """Every call and attempt of a sandbox from now on, from its event stream."""

    def __init__(self, sandbox):
        self.requests, self.attempts = [], []
        self.connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=PATIENCE)
        self.connection.request("GET", "/_sandbox/stream")
        self.answer = self.connection.getresponse()
        self.answer.readline()  # it is open

    def read_until(self, mark):
        """The last event is a call of that path."""
        name = None
        while True:
            line = self.answer.readline().decode()
            assert line, "the stream ended"
            if line.startswith("event: "):
                name = line.split()[1]
            elif line.startswith("data: ") and name in ("request", "attempt"):
                data = json.loads(line[6:])
                if name == "request" and data["path"] == mark:
                    self.connection.close()
                    return
                (self.requests if name == "request" else self.attempts).append(data)


def counted_by_hand(requests, attempts):
    """What the calls and attempts amount to, from what is documented of coverage."""
    count = collections.Counter()
    executed = {}
    for call in requests:
        if 200 <= call["status"] < 400 and call.get("operation") != "downloadFile":
            count["operations." + call["operation"]] += 1
        if "errorCode" in call:
            count["errors." + call["errorCode"]] += 1
        for row in call.get("validationErrors", []):
            count["validation." + row["code"]] += 1
        outcome = call.get("idempotencyOutcome")
        if outcome:
            count["idempotency." + outcome] += 1
        if outcome == "executed":
            name, now = (call["clientId"], call["idempotencyKey"]), call["virtualTime"]
            if name in executed and seconds(now) - seconds(executed[name]) >= 86400:
                count["idempotency.expired"] += 1
                count["clocks.key-expired"] += 1
            executed[name] = now
        if call.get("rule") == "auth.access-expired":
            count["clocks.token-expired"] += 1
        if call.get("rule") == "file-url.expired":
            count["clocks.url-expired"] += 1
    seen = {}  # delivery -> when it was first acknowledged by a scheduled attempt
    emitted = {}
    for attempt in attempts:
        kind, status, delivery = attempt["kind"], attempt.get("responseStatus", 0), attempt["deliveryId"]
        emitted[delivery] = attempt["eventType"]
        if kind == "scheduled" and attempt["outcome"] == "delivered":
            count[f"retries.attempt-{attempt['number']}"] += 1
            count["retries.replayed"] += attempt["schedule"] > 1
        if kind == "scheduled" and attempt["status"] == "dead":
            count["retries.dead"] += 1
        if kind == "tampered" or not status:
            continue
        count["events." + attempt["eventType"]] += 1
        again = delivery in seen
        if kind == "copy":
            count["duplicates.copy"] += 1
        elif kind == "replay" or (again and attempt["schedule"] > 1):
            count["duplicates.replay"] += 1
        elif again:
            count["duplicates.lost-acknowledgement"] += 1
        if kind == "scheduled" and 200 <= status < 300 and not again:
            partner = delivery[:12]
            count["order.overtaken"] += any(other > delivery and other[:12] == partner for other in seen)
            seen[delivery] = attempt
    for event_type in emitted.values():
        count["transitions." + TOLD_BY[event_type]] += 1
    return +count


TOLD_BY = {
    "spv_request.created": "spv_request.pending-review", "spv_request.completed": "spv_request.approved",
    "spv_request.rejected": "spv_request.rejected", "spv_request.cancelled": "spv_request.cancelled",
    "investor.created": "investor.created", "subscription.created": "subscription.pending",
    "signed_subscription_form.uploaded": "subscription.form-on-record",
    "funding_receipt.uploaded": "subscription.funded", "subscription.completed": "subscription.completed",
}


def seconds(instant):
    return datetime.datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp()


def shipped_scenarios_count_as_an_independent_count_does(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        watch = Watch(sandbox)
        run(binary, "scenario", "run", "--url", sandbox.url, "--jobs", "1", "-q")
        coverage = sandbox.get("/_sandbox/coverage")
        sandbox.call("GET", "/the-end")
        watch.read_until("/the-end")
    by_hand = counted_by_hand(watch.requests, watch.attempts)
    counted = {name: count for name, count in counts(coverage).items() if count}
    # Told by neither stream: what became of how many rows of a batch, and which resource an event is about.
    rows = {name: counted.pop(name) for name in ("transitions.investor.already_exists", "transitions.investor.failed",
                                                 "order.overtaken-same-resource")}
    assert rows["transitions.investor.failed"] >= 1 and rows["transitions.investor.already_exists"] >= 1, rows
    assert 1 <= rows["order.overtaken-same-resource"] <= counted["order.overtaken"], (rows, counted)
    assert counted == dict(by_hand), (counted, by_hand)
    own = run(binary, "scenario", "run").stdout.splitlines()
    line = f"coverage {coverage['percent']}% ({coverage['covered']} of {coverage['total']}): operations "
    assert own[-2].startswith(line), (own[-2], line)
    assert not any(line.startswith("coverage ") for line in run(binary, "scenario", "run", "-q", "happy-path").stdout.splitlines())


def reports_are_well_formed(binary):
    with tempfile.TemporaryDirectory() as folder, Sandbox(binary) as sandbox:
        folder = pathlib.Path(folder)
        sandbox.get("/public/hc")
        screen = run(binary, "coverage", "--url", sandbox.url, "--html", folder / "c.html", "--junit", folder / "c.xml",
                     "--markdown", folder / "c.md").stdout
        coverage = json.loads(run(binary, "coverage", "--url", sandbox.url, "--json").stdout)
        assert coverage == sandbox.get("/_sandbox/coverage")
        assert f"{coverage['percent']}% ({coverage['covered']} of {coverage['total']})" in screen, screen
        for dimension in coverage["dimensions"]:
            bar = rf"{dimension['title']} .*{dimension['percent']}%  {dimension['covered']}/{dimension['total']}"
            assert re.search(bar, screen), (bar, screen)
            for item in dimension["items"]:
                assert item["count"] or item["id"] in screen and item["command"] in screen, item

        suites = xml.etree.ElementTree.parse(folder / "c.xml").getroot()
        cases = {(case.get("classname"), case.get("name")): case for case in suites.iter("testcase")}
        assert len(cases) == coverage["total"] == int(suites.get("tests"))
        failed = {".".join(key).removeprefix("coverage.") for key, case in cases.items() if case.find("failure") is not None}
        assert failed == set(counts(coverage)) - met(coverage)

        page = (folder / "c.html").read_text()
        stack, void = [], {"meta", "br", "hr", "img", "link", "input"}

        class Reader(html.parser.HTMLParser):
            def handle_starttag(self, tag, attributes):
                if tag not in void:
                    stack.append(tag)
                assert not any(name in ("src", "href") for name, _ in attributes), attributes

            def handle_endtag(self, tag):
                assert stack.pop() == tag, tag

        Reader().feed(page)
        assert not stack, stack
        assert all(item in page for item in ("createSpvRequest", "zest-sandbox trigger subscription.completed"))
        markdown = (folder / "c.md").read_text()
        assert markdown == run(binary, "coverage", "--url", sandbox.url, "--markdown").stdout
        assert "| Operations | 1 | 23 | 4% |" in markdown and "<details>" in markdown, markdown


def the_minimum_decides_the_exit_code(binary):
    with Sandbox(binary) as sandbox:
        sandbox.get("/public/hc")
        run(binary, "coverage", "--url", sandbox.url, "--min", "1")
        below = run(binary, "coverage", "--url", sandbox.url, "--min", "2", code=1)
        assert "below --min 2: 1%" in below.stderr, below.stderr
        run(binary, "coverage", "--url", sandbox.url, "--min", "101", code=2)
        nobody = run(binary, "coverage", "--url", sandbox.url, "--client-id", "client_none", code=1)
        assert "client_none" in nobody.stderr, nobody.stderr
    run(binary, "coverage", "--url", sandbox.url, code=3)


def merge_adds_up_runs(binary):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, path in (("a", "/public/hc"), ("b", "/v1/contracts")):
            with Sandbox(binary) as sandbox:
                sandbox.get(path)
                sandbox.get("/openapi.json")
                (folder / name).write_text(run(binary, "coverage", "--url", sandbox.url, "--json").stdout)
        both = json.loads(run(binary, "coverage", "merge", folder / "a", folder / "b", "--json").stdout)
        assert both["covered"] == 3 and counts(both)["operations.openapi"] == 2, both
        (folder / "ab").write_text(json.dumps(both))
        again = json.loads(run(binary, "coverage", "merge", folder / "ab", folder / "a", "--json").stdout)
        assert counts(again)["operations.openapi"] == 3
        assert "3% (3 of 85)" in run(binary, "coverage", "merge", folder / "a", folder / "b").stdout
        run(binary, "coverage", "merge", folder / "a", "--min", "50", code=1)
        other = dict(both, dimensions=[{"items": [{"id": "operations.fly", "count": 1}]}])
        for text, reason in (("{", "this is no JSON"), ("[]", "this is no coverage"), (json.dumps(other), '"operations.fly"'),
                             (json.dumps(dict(both, dimensions=[{}])), "has no items"), ("", "this is no JSON")):
            (folder / "bad").write_text(text)
            refused = run(binary, "coverage", "merge", folder / "a", folder / "bad", code=2)
            assert reason in refused.stderr and str(folder / "bad") in refused.stderr, refused.stderr
            assert refused.stdout == "" and len(refused.stderr.splitlines()) == 1, refused
        assert "cannot" in run(binary, "coverage", "merge", folder / "none", code=2).stderr
        run(binary, "coverage", "merge", code=2)


def exec_says_what_its_command_has_met(binary):
    trigger = f"{binary} trigger investor.created"
    done = run(binary, "exec", "--", "sh", "-c", trigger)
    assert re.search(r"^zest-sandbox: coverage \d+% \(\d+ of 85\): operations ", done.stderr, re.M), done.stderr
    assert "coverage" not in run(binary, "exec", "-q", "--", "sh", "-c", trigger).stderr
    assert run(binary, "exec", "--", "true").stderr == ""
    run(binary, "exec", "-q", "--coverage-min", "3", "--", "sh", "-c", trigger)
    below = run(binary, "exec", "--coverage-min", "90", "--", "sh", "-c", trigger, code=1)
    assert "less than --coverage-min 90 asks for" in below.stderr, below.stderr
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder) / name for name in ("c.json", "c.md")]
        run(binary, "exec", "-q", "--coverage-json", files[0], "--coverage-markdown", files[1], "--", "sh", "-c", trigger)
        assert "transitions.investor.created" in met(json.loads(files[0].read_text()))
        assert files[1].read_text().startswith("### Coverage of all partners: "), files[1].read_text()
        missing = run(binary, "exec", "--coverage-json", files[0] / "x", "--", "true", code=2)
        assert str(files[0]) in missing.stderr, missing.stderr
    failed = run(binary, "exec", "--coverage-min", "90", "--", "sh", "-c", "exit 7", code=7)
    assert "--coverage-min 90 asks" not in failed.stderr, failed.stderr


if __name__ == "__main__":
    raise SystemExit(main([
        shipped_scenarios_count_as_an_independent_count_does,
        every_missing_item_has_a_command_that_provokes_it,
        reports_are_well_formed,
        the_minimum_decides_the_exit_code,
        merge_adds_up_runs,
        exec_says_what_its_command_has_met,
    ]))
