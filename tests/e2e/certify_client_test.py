#!/usr/bin/env python3
"""`certify --client`: a correct application gets no failure, and one with a flaw is told which.

    certify_client_test.py BINARY [case…]
"""
import concurrent.futures
import functools
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

from sandbox_process import PATIENCE, Sandbox, clean_environment, main

CLIENTS = pathlib.Path(__file__).resolve().parent.parent / "clients"
# For each flaw of the sample clients: the duties that it breaks. Those of the second one are about uploads.
FLAWS = {
    "ignores-retry-after": {"honours-retry-after"},
    "logs-headers": {"keeps-secrets"},
    "empty-is-fine": {"retries-transient-failures"},
    "wrong-content-type": {"calls-accepted"},
    "other-subject": {"assertion-valid"},
    "no-key-at-all": {"key-on-every-write"},
    "old-assertion": {"assertion-valid"},
    "renews-on-and-on": {"no-blind-retry"},
    "no-key": {"key-on-every-write"},
    "key-per-try": {"same-key-on-retry"},
    "key-of-content": {"fresh-key-per-intent"},
    "no-retry": {"retries-transient-failures"},
    "timeout-is-final": {"retries-after-timeout"},
    "no-pause": {"backs-off"},
    "shorter-pauses": {"backs-off"},
    "no-end": {"gives-up"},
    "blind-retry": {"no-blind-retry"},
    "no-renewal": {"renews-after-401"},
    "long-assertion": {"assertion-short"},
    "wrong-audience": {"assertion-valid"},
    "stale-assertion": {"assertion-valid"},
    "one-assertion": {"assertion-valid"},
    "token-per-call": {"token-reused"},
    "milliseconds": {"token-reused"},
    "until-401": {"renews-before-end"},
    "spent-refresh": {"refresh-once"},
    "refresh-at-once": {"refresh-once"},
    "swallows-rows": {"surfaces-validation-errors"},
    "loses-error-id": {"keeps-error-id"},
    "status-only": {"reads-row-results"},
    "strict-members": {"ignores-unknown-members"},
    "polling": {"no-polling"},
}
FLAWS_OF_UPLOADS = {
    "new-bytes": {"uploads-right"},
    "wrong-type": {"uploads-right"},
    "blind-upload": {"no-blind-retry"},
    "hides-conflict": {"form-before-receipt"},
}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def actions_of(app, uploads):
    def call(path, **body):
        return {"call": f"POST {app}{path}", "body": {"id": "${intent}", **body}}
    actions = {
        "requestSpv": {**call("/deals", templateId="${sample.templateId}", templateVersion="${sample.templateVersion}",
                              attributes="${sample.attributes}"), "capture": {"svr": "spvRequestSlug"}},
        "createInvestors": call("/investors", rows="${sample.investors}")}
    if uploads:
        whose = {"spv": "${spvSlug}", "person": "${zestPersonId}"}
        actions["subscribe"] = call("/subscriptions", spv="${spvSlug}", rows="${sample.subscriptions}")
        actions["uploadForm"] = call("/forms", **whose)
        actions["uploadReceipt"] = call("/receipts", **whose, amount="${sample.amount}", currency="${sample.currency}",
                                        wireReference="${sample.wireReference}")
    return actions


def grade(binary, flaw, uploads=False):
    """The failed duties of a sample client with that flaw, the report and how the command ended."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        port = free_port()
        command = [sys.executable, str(CLIENTS / "client.py")] if uploads else ["node", str(CLIENTS / "client.mjs")]
        app = f"http://127.0.0.1:{port}"
        (folder / "app.json").write_text(json.dumps({
            "name": flaw or "correct",
            "start": {"command": command, "environment": {"PORT": str(port), "FLAW": flaw}, "ready": app + "/health",
                      "within": "60s"},
            "probes": {} if uploads else {"failure": {"url": app + "/failures/{intent}", "path": "errorId", "within": "1s"}},
            "actions": actions_of(app, uploads)}))
        done = subprocess.run([str(binary.resolve()), "certify", "--client", "--app", "app.json", "--json", "r.json", "--html",
                               "r.html", "--junit", "r.xml"], cwd=folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=4 * PATIENCE, env=clean_environment(),
                              check=False)
        assert done.returncode in (0, 1), (flaw, done.returncode, done.stderr)
        report = json.loads((folder / "r.json").read_text())
        assert "API client" in (folder / "r.html").read_text() and "certify.client" in (folder / "r.xml").read_text()
        return {duty["id"] for duty in report["duties"] if duty["verdict"] == "fail"}, report, done


def flaws_of_this_run():
    """As many of each client as ZEST_CLIENT_FLAWS says; scripts/test --full takes all."""
    some = int(os.environ.get("ZEST_CLIENT_FLAWS", "1"))
    return [(flaw, uploads) for uploads, table in ((False, FLAWS), (True, FLAWS_OF_UPLOADS)) for flaw in list(table)[:some]]


@functools.lru_cache
def graded(binary):
    """The futures of all gradings, by flaw and client. Each waits more than it works, so they run at once."""
    pool = concurrent.futures.ThreadPoolExecutor(5)
    return {one: pool.submit(grade, binary, *one) for one in [("", False), ("", True), ("429-is-final", False), *flaws_of_this_run()]}


def a_correct_application_fails_no_duty(binary):
    failed, report, done = graded(binary)["", False].result()
    assert not failed and done.returncode == 0 and report["grade"] == "B", (failed, done.stdout)
    shown = {duty["id"] for duty in report["duties"] if duty["verdict"] == "pass"}
    assert set().union(*FLAWS.values()) <= shown, set().union(*FLAWS.values()) - shown


def a_429_may_be_final(binary):
    failed, report, done = graded(binary)["429-is-final", False].result()
    assert not failed and done.returncode == 0, (failed, done.stdout)
    assert "with Retry-After it may be tried again" in done.stdout, done.stdout


def a_correct_application_with_uploads_is_shown_to_hold_them(binary):
    failed, report, done = graded(binary)["", True].result()
    assert not failed and done.returncode == 0, (failed, done.stdout)
    shown = {duty["id"] for duty in report["duties"] if duty["verdict"] == "pass"}
    assert set().union(*FLAWS_OF_UPLOADS.values()) <= shown, done.stdout


def every_flaw_is_named(binary):
    for flaw, uploads in flaws_of_this_run():
        duties = (FLAWS_OF_UPLOADS if uploads else FLAWS)[flaw]
        failed, report, done = graded(binary)[flaw, uploads].result()
        assert duties <= failed, (flaw, failed, done.stdout)
        for duty in report["duties"]:
            if duty["id"] in duties:
                assert duty["evidence"] and duty["fix"] and duty["documentation"], duty


def the_journal_of_a_run_is_graded_without_actions(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox:
        environment = {**clean_environment(), "ZEST_SANDBOX_URL": sandbox.url}
        empty = subprocess.run([str(binary), "certify", "--client"], stderr=subprocess.PIPE, text=True, env=environment,
                               check=False)
        assert empty.returncode == 1 and "has no calls" in empty.stderr, empty
        sandbox.investors(sandbox.token(), ["one"])  # without a key
        graded = subprocess.run([str(binary), "certify", "--client"], stdout=subprocess.PIPE, text=True,
                                env=environment, check=False)
        assert graded.returncode == 1 and "1 of 1 writes had no Idempotency-Key" in graded.stdout, graded.stdout


def exec_grades_the_calls_of_a_run_under_faults(binary):
    script = ('token=$("$ZEST_SANDBOX_BINARY" token); for i in 1 2; do curl -s -o /dev/null -X POST '
              '"$ZEST_SANDBOX_URL/v1/investors" -H "Authorization: Bearer $token" -H "Content-Type: application/json" '
              "-d '{\"investors\": []}'; done; exit 7")
    done = subprocess.run([str(binary), "exec", "--pack", "client-faults", "--", "sh", "-c", script],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment(),
                          timeout=PATIENCE, check=False)
    assert done.returncode == 7 and done.stdout == "", done
    assert "grade F" in done.stderr and "key-on-every-write: 2 of 2 writes" in done.stderr, done.stderr


if __name__ == "__main__":
    if not shutil.which("node"):
        raise SystemExit("there is no node")
    main([a_correct_application_fails_no_duty, a_429_may_be_final, a_correct_application_with_uploads_is_shown_to_hold_them,
          every_flaw_is_named, the_journal_of_a_run_is_graded_without_actions, exec_grades_the_calls_of_a_run_under_faults])
