#!/usr/bin/env python3
"""The commands around the sandbox: the journal, rules and packs, partners, tails, and what exec does for CI.

    tools_test.py BINARY [case…]
"""
import http.server
import json
import pathlib
import re
import subprocess
import tempfile
import threading

from sandbox_process import PATIENCE, Receiver, Sandbox, clean_environment, main


def run(binary, *arguments, sandbox=None, code=0, **more):
    environment = clean_environment()
    if sandbox:
        environment["ZEST_SANDBOX_URL"] = sandbox.url
    done = subprocess.run([str(binary), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=PATIENCE, env=environment, check=False, **more)
    assert done.returncode == code, f"{arguments}: {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}"
    return done


def requests_are_listed_and_verified(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        token = sandbox.token()
        sandbox.investors(token, ["one"])
        sandbox.call("POST", "/v1/investors", {"investors": "none"}, token=token)
        listed = run(binary, "requests", "list", "--failed", sandbox=sandbox).stdout
        assert "400" in listed and "POST /v1/investors" in listed and "oauth2" not in listed, listed
        as_json = json.loads(run(binary, "requests", "list", "--body", "investors=none", "--json", sandbox=sandbox).stdout)
        assert as_json["count"] == 1 and as_json["documents"][0]["body"] == {"investors": "none"}, as_json
        once = ["requests", "verify", "--operation", "bulkCreateInvestors", "--status", "200"]
        assert "verified" in run(binary, *once, "--count", "1", sandbox=sandbox).stdout
        missed = run(binary, *once, "--count", "2", sandbox=sandbox, code=1).stdout
        assert "NOT verified: 1 calls, expected 2" in missed and "status is 400, not 200" in missed, missed
        order = json.dumps({"order": [{"operation": "exchangeJwtAssertion"}, {"operation": "bulkCreateInvestors"}]})
        run(binary, "requests", "verify", order, sandbox=sandbox)
        run(binary, "requests", "verify", "--operation", "bulkCreateInvestor", sandbox=sandbox, code=2)
        run(binary, "requests", "verify", '{"macth": {}}', sandbox=sandbox, code=2)


def tails_show_what_happens_as_it_happens(binary):
    with Receiver(lambda event, headers: 500) as receiver, \
            Sandbox(binary, "--clock", "manual", "--webhook-url", receiver.url) as sandbox:
        environment = {**clean_environment(), "ZEST_SANDBOX_URL": sandbox.url}
        token = sandbox.token()
        tails = [subprocess.Popen([str(binary), *words], stdout=subprocess.PIPE, text=True, env=environment)
                 for words in (["requests", "tail", "--json", "--count", "1"], ["webhook-deliveries", "tail", "--count", "1"])]
        number = 0
        # When a tail has begun to look is not known: calls go on until both have seen one.
        while any(tail.poll() is None for tail in tails):
            number += 1
            sandbox.investors(token, [f"investor-{number}"])
        call, attempt = (tail.stdout.read() for tail in tails)
        assert [tail.returncode for tail in tails] == [0, 0], (call, attempt)
        assert json.loads(call)["operation"] in ("bulkCreateInvestors", "exchangeJwtAssertion"), call
        assert "investor.created" in attempt and "failed, 500" in attempt, attempt


def rules_and_packs_are_added_and_removed(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        names = {pack["name"] for pack in json.loads(run(binary, "chaos", "packs", "--json").stdout)}
        assert names == {"duplicates", "reordering", "late", "signatures", "outage", "client-faults", "slow",
                         "token-trouble"}, names
        table = run(binary, "chaos", "packs").stdout
        for name in sorted(names):
            assert name in table
            # Every shipped pack is taken as it is.
            run(binary, "chaos", "add", name, sandbox=sandbox)
            shown = run(binary, "chaos", "packs", name).stdout
            assert name in shown and "ACTION" in shown
        rules = sandbox.get("/_sandbox/chaos/rules?perPage=1000")
        shipped = sum(len(json.loads(run(binary, "chaos", "packs", name, "--json").stdout)["rules"]) for name in names)
        assert rules["count"] == shipped, (rules["count"], shipped)
        run(binary, "chaos", "remove", "client-faults", "late.receipt", sandbox=sandbox)
        left = {rule["id"] for rule in sandbox.get("/_sandbox/chaos/rules?perPage=1000")["documents"]}
        assert "late.receipt" not in left and "late.others" in left
        assert not [one for one in left if one.startswith("client.")]
        run(binary, "chaos", "remove", "--all", sandbox=sandbox)
        assert "No chaos rules." in run(binary, "chaos", "list", sandbox=sandbox).stdout
        run(binary, "chaos", "add", '{"on": "webhook", "action": {"type": "duplicate"}}', "--client-id", "client_acme",
            sandbox=sandbox)
        listed = run(binary, "chaos", "list", sandbox=sandbox).stdout
        assert "duplicate copies=1" in listed and "client_acme" in listed, listed
        with tempfile.TemporaryDirectory() as name:
            own = pathlib.Path(name) / "own.json"
            own.write_text('{\n  // mine\n  "purpose": "p",\n  "rules": [{"on": "api", "action": {"type": "emptyBody"}}, 7]\n}\n')
            assert "own.json:4:" in run(binary, "chaos", "add", str(own), sandbox=sandbox, code=2).stderr
            own.write_text('{"purpose": "p", "rules": [{"on": "api", "action": {"type": "emptyBody"}}]}')
            assert "own.1" in run(binary, "chaos", "add", str(own), sandbox=sandbox).stdout
        wrong = run(binary, "chaos", "add", '{"id": "x", "on": "api", "action": {"type": "status", "code": 418}}',
                    sandbox=sandbox, code=2).stderr
        assert "rule x: action.code must be" in wrong, wrong
        run(binary, "chaos", "remove", "--all", sandbox=sandbox)
        listed = run(binary, "chaos", "actions").stdout
        assert re.search(r"delay +webhook +by ", listed) and re.search(r"slowBody +api +bytesPerSecond", listed), listed
        assert "zest-sandbox chaos add '{" in run(binary, "chaos", "actions", "delay").stdout
        beginnings = json.loads(run(binary, "chaos", "actions", "--json").stdout)["rules"]
        for rule in beginnings:  # each is taken as it stands
            run(binary, "chaos", "add", json.dumps(rule), sandbox=sandbox)
        assert sandbox.get("/_sandbox/chaos/rules?perPage=1000")["count"] == len(beginnings)
        run(binary, "chaos", "remove", "--all", sandbox=sandbox)
        assert "chaos actions" in run(binary, "chaos", "actions", "delya", code=2).stderr
        assert "did you mean duplicates?" in run(binary, "chaos", "add", "duplicate", sandbox=sandbox, code=2).stderr


def partners_are_listed_shown_and_changed(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        assert "client_acme" in run(binary, "partners", "list", sandbox=sandbox).stdout
        changed = run(binary, "partners", "update", "client_acme", "--webhook-url", "http://127.0.0.1:9/hook",
                      "--auto-approve", "5s", "--provisioned", "false", sandbox=sandbox).stdout
        assert "http://127.0.0.1:9/hook" in changed and "5s" in changed, changed
        shown = json.loads(run(binary, "partners", "show", "client_acme", "--json", sandbox=sandbox).stdout)
        assert shown["provisioned"] is False and shown["webhookUrl"] == "http://127.0.0.1:9/hook"
        run(binary, "partners", "update", "client_acme", "--webhook-url", "", sandbox=sandbox)
        assert not json.loads(run(binary, "partners", "show", "client_acme", "--json", sandbox=sandbox).stdout).get("webhookUrl")
        assert "--webhook-url" in run(binary, "partners", "update", "client_acme", "--webhook-url", "nowhere",
                                      sandbox=sandbox, code=2).stderr
        run(binary, "partners", "update", "client_acme", sandbox=sandbox, code=2)
        run(binary, "partners", "show", "client_none", sandbox=sandbox, code=1)


def a_delivery_shows_what_the_receiver_answered(binary):
    with Receiver(lambda event, headers: (500, b"no \x1b[31m room\n")) as receiver, \
            Sandbox(binary, "--clock", "manual", "--webhook-url", receiver.url) as sandbox:
        sandbox.investors(sandbox.token(), ["one"])
        sandbox.post("/_sandbox/clock/advance", {"by": "1m"})
        delivery = sandbox.deliveries()["documents"][0]["deliveryId"]
        shown = run(binary, "webhook-deliveries", "show", delivery, sandbox=sandbox).stdout
        assert "WHAT THE RECEIVER ANSWERED" in shown and "attempt 1, 500:" in shown and "room" in shown, shown
        assert "\x1b[31m" not in shown and "attempt 2, 500: the same" in shown, shown
        assert f"{sandbox.url}/_sandbox/console#/deliveries/{delivery}" in shown, shown


def exec_holds_a_pack_over_the_command(binary):
    script = ('curl -s -o /dev/null -w "%{http_code}\\n" "$ZEST_SANDBOX_URL/public/hc"; '
              '"$ZEST_SANDBOX_BINARY" chaos list')
    with tempfile.TemporaryDirectory() as name:
        own = pathlib.Path(name) / "own.json"
        own.write_text('{"on": "api", "action": {"type": "status", "code": 429, "retryAfter": 3}}')
        shown = run(binary, "exec", "--pack", str(own), "--pack", "duplicates", "--", "sh", "-c", script).stdout
        assert shown.startswith("429\n") and "own.1" in shown and "duplicates.copy" in shown, shown
        own.write_text('{"on": "api", "action": {"type": "status", "code": 7}}')
        assert "pack own: action.code" in run(binary, "exec", "--pack", str(own), "--", "true", code=2).stderr
    assert "did you mean late?" in run(binary, "exec", "--pack", "lat", "--", "true", code=2).stderr


def exec_waits_for_what_the_command_needs(binary):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/health"  # any answer will do
        assert run(binary, "exec", "--wait-for", url, "--", "echo", "there").stdout == "there\n"
        server.shutdown()
    late = run(binary, "exec", "--wait-for", "http://127.0.0.1:9/", "--wait-timeout", "1ms", "--", "echo", "there", code=1)
    assert late.stdout == "" and "nothing answered within 1ms" in late.stderr, late


def exec_keeps_what_a_failed_run_left(binary):
    with Receiver(lambda event, headers: 500) as receiver, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "deep" / "kept"
        script = ('"$ZEST_SANDBOX_BINARY" trigger investor.created > /dev/null; '
                  'curl -s -o /dev/null "$ZEST_SANDBOX_URL/v1/nothing"; exit 3')
        command = ["exec", "--clock", "manual", "--webhook-url", receiver.url, "--keep-on-failure", str(folder)]
        failed = run(binary, *command, "--", "sh", "-c", script, code=3)
        # A failed attempt is a warning, also with the log's level of exec.
        assert "<-- 500 POST" in failed.stderr and "index.html" in failed.stderr, failed.stderr
        names = {"snapshot.json", "journal.json", "deliveries.json", "log.txt", "index.html"}
        assert {path.name for path in folder.iterdir()} == names
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
        journal = json.loads((folder / "journal.json").read_text())
        assert journal[0]["path"] == "/v1/nothing" and journal[0]["status"] == 404
        delivery = json.loads((folder / "deliveries.json").read_text())[0]
        assert delivery["attempts"][0]["responseStatus"] == 500
        assert json.loads((folder / "snapshot.json").read_text())["version"] == 2
        log = (folder / "log.txt").read_text()
        assert "--> investor.created" in log and "<-- 500 POST" in log, log
        page = (folder / "index.html").read_text()
        assert "/v1/nothing" in page and "investor.created" in page and "<script" not in page
        run(binary, *command[:-1], str(pathlib.Path(name) / "none"), "--", "true")
        assert not (pathlib.Path(name) / "none").exists()


def a_refused_call_says_in_the_log_why(binary):
    with Sandbox(binary, "--log-format", "json", "--log-level", "debug") as sandbox:
        sandbox.call("GET", "/v1/oauth2/info", headers={"Authorization": "Bearer hidden", "X-Request-Id": "r-1"})
        sandbox.stop()
        lines = [json.loads(line) for line in sandbox.output if line.startswith('{"time"')]
        answer = next(line for line in lines if line["message"].startswith("<-- 401 GET /v1/oauth2/info"))
        assert answer["status"] == 401 and isinstance(answer["durationMs"], int), answer
        assert answer["detail"] and answer["message"].endswith(answer["detail"]), answer
        headers = next(line["message"] for line in lines if "headers of GET /v1/oauth2/info" in line["message"])
        assert '"X-Request-Id":"r-1"' in headers and "[redacted]" in headers, headers
        assert any("decided: operation=getOauth2Info" in line["message"] for line in lines)
        assert "Bearer hidden" not in "".join(sandbox.output)


def the_banner_shows_where_it_listens_beside_a_public_url(binary):
    with Sandbox(binary, "--public-url", "https://zest.example") as sandbox:
        assert "".join(sandbox.output).count("listens at") == 1, sandbox.output
    with Sandbox(binary) as sandbox:
        assert "listens at" not in "".join(sandbox.output)


def a_url_that_takes_no_post_is_named_as_such(binary):
    with Receiver(lambda event, headers: 404) as receiver:
        graded = run(binary, "certify", "--webhook-url", receiver.url, code=1).stdout
        assert "Nothing answers POST at this path" in graded and "secret" not in graded.split("Nothing answers")[1][:200]
        with Sandbox(binary, "--webhook-url", receiver.url) as sandbox:
            assert "nothing answers POST" in run(binary, "trigger", "investor.created", sandbox=sandbox).stdout


if __name__ == "__main__":
    main([requests_are_listed_and_verified, tails_show_what_happens_as_it_happens,
         rules_and_packs_are_added_and_removed, partners_are_listed_shown_and_changed,
         a_delivery_shows_what_the_receiver_answered, exec_holds_a_pack_over_the_command,
         exec_waits_for_what_the_command_needs, exec_keeps_what_a_failed_run_left,
         a_refused_call_says_in_the_log_why, the_banner_shows_where_it_listens_beside_a_public_url,
         a_url_that_takes_no_post_is_named_as_such])
