#!/usr/bin/env python3
"""Verdicts about applications: each shipped scenario passes a correct application, whatever its manners, and fails one that
has the flaw which the scenario's purpose names; what was not looked at is said to be so.

usage: applications_test.py BINARY
"""
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.dom.minidom

import sandbox_process
from app_test import PORTAL, free_port

BINARY = pathlib.Path(sys.argv[1]).resolve()

# A flaw of the application -> the scenarios that must fail it.
FLAWS = {
    "no-verification": ["bad-signatures"],
    "no-dedup": ["duplicates", "lost-acknowledgement", "slow-receiver"],
    "regresses": ["out-of-order-completion", "partner-down"],
    "regresses,no-dedup": ["replay-after-dedup-window"],
    "ignores-completed": ["happy-path", "reconciler-emits"],
    "ignores-pending": ["dead-letter-replay"],
    "no-retry": ["lost-answer-same-key", "server-error-storm"],
    "fresh-key": ["lost-answer-same-key", "server-error-storm"],
    "trusts-status": ["partial-investor-batch"],
}
# The calls that these are about are such as no correct client makes.
RUNNERS_OWN = {"funding-before-form", "idempotency-conflict", "refresh-chain-revoked"}
# What a correct application may do otherwise.
MANNERS = ["", "answers-400,answers-204,asynchronous,queues"]


def run(*arguments, code=0, **variables):
    environment = {**sandbox_process.clean_environment(), "PORTAL_PORT": str(free_port()), **variables}
    done = subprocess.run([BINARY, "scenario", "run", *map(str, arguments)], capture_output=True, text=True,
                          env=environment, timeout=5 * sandbox_process.PATIENCE)
    assert done.returncode == code, f"{arguments} {variables}: {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def shipped():
    listed = subprocess.run([BINARY, "scenario", "list", "--json"], capture_output=True, text=True, check=True)
    return {each["name"] for each in json.loads(listed.stdout)}


def a_correct_application_gets_no_false_alarm(manner):
    said = run("-q", "--app", PORTAL, PORTAL_FLAWS=manner)
    assert "16 passed, 0 failed" in said, said
    assert said.count("the runner's client made the calls") == len(RUNNERS_OWN), said


def a_flaw_is_found(flaw):
    said = run("-q", "--app", PORTAL, *FLAWS[flaw], code=1, PORTAL_FLAWS=flaw)
    verdicts = {name: verdict for verdict, name in
                re.findall(r"^(PASSED|FAILED).*?  ([a-z0-9-]+)  \d+ checks", said, re.MULTILINE)}
    assert verdicts == {name: "FAILED" for name in FLAWS[flaw]}, f"{flaw}: {said}"
    assert ("warn.occurred-at-ignored" in said) == (flaw == "regresses"), f"{flaw}: {said}"


def every_scenario_is_about_a_flaw_or_says_whose_calls_it_makes():
    assert {name for names in FLAWS.values() for name in names} | RUNNERS_OWN == shipped()


def what_was_not_looked_at_is_said(folder):
    # The portal without its probes, effects and actions.
    text = re.sub(r"^//.*$", "", PORTAL.read_text(), flags=re.MULTILINE)
    described = json.loads(text)
    for part in ("probes", "effects", "actions", "$schema"):
        del described[part]
    described["start"]["command"][1] = str(PORTAL.parent / "portal.mjs")
    bare = folder / "bare.json"
    bare.write_text(json.dumps(described))
    chosen = ["duplicates", "out-of-order-completion", "lost-answer-same-key"]
    said = run("-q", "--app", bare, *chosen, "--json", folder / "r.json", "--junit", folder / "r.xml",
               PORTAL_FLAWS="no-dedup,regresses,no-retry")
    assert "PASSED, 4 of 8 checks not made (no probe)  duplicates" in said, said
    assert "PASSED, 3 of 9 checks not made (no probe)  out-of-order-completion" in said, said
    assert "no action requestSpv" in said, said
    assert re.search(r"3 passed, 0 failed; 7 of \d+ checks not made \(no probe\)", said), said
    report = json.loads((folder / "r.json").read_text())
    assert report["notChecked"] == 7 and report["passed"] == 3, report
    assert {each["why"] for row in report["scenarios"] for each in row["notChecked"]} == {"no probe"}
    assert [row["name"] for row in report["scenarios"] if "runnersCalls" in row] == ["lost-answer-same-key"]
    suite = xml.dom.minidom.parse(str(folder / "r.xml"))
    assert len(suite.getElementsByTagName("skipped")) == 8, suite.toxml()
    said = run("-q", "--strict", "--app", bare, *chosen, code=1)
    assert "0 passed, 3 failed" in said and "no probe" in said, said


def identifiers_differ_from_run_to_run_unless_a_seed_is_given(folder):
    def identifiers(*options):
        run("-q", "--app", PORTAL, "bad-signatures", "--json", folder / "ids.json", *options)
        return set(re.findall(r"wde_[0-9a-f]{16}", (folder / "ids.json").read_text()))

    assert not identifiers() & identifiers()
    assert identifiers("--seed", 7) == identifiers("--seed", 7)


def a_death_is_told(folder):
    (folder / "dies.json").write_text(json.dumps({
        "webhook": {"url": f"http://127.0.0.1:{free_port()}/webhooks"},
        "start": {"command": ["sh", "-c", "echo out of memory; exit 7"]}}))
    said = run("-q", "--app", folder / "dies.json", "happy-path", code=1)
    assert "it ended with status 7" in said and "out of memory" in said, said


def of_what_it_did_not_make_nothing_is_asked(folder):
    said = run("-q", "--app", PORTAL, "happy-path", "dead-letter-replay", "--json", folder / "own.json", PORTAL_FLAWS="own-only")
    assert "2 passed, 0 failed" in said and "it takes in what it made itself" in said, said
    report = json.loads((folder / "own.json").read_text())
    assert any("state of svr_" in each["what"] for row in report["scenarios"] for each in row["notChecked"]), report
    said = run("-q", "--app", PORTAL, "happy-path", PORTAL_FLAWS="own-subscriptions")
    assert re.search(r"PASSED, \d of \d+ checks not made .*it takes in what it made itself", said), said
    # It is no excuse for what it did make, nor for one that takes in others, too.
    run("-q", "--app", PORTAL, "dead-letter-replay", code=1, PORTAL_FLAWS="ignores-pending")
    checked = subprocess.run([BINARY, "app", "check", "--app", PORTAL], capture_output=True, text=True, check=False,
                             env={**sandbox_process.clean_environment(), "PORTAL_PORT": str(free_port()),
                                  "PORTAL_FLAWS": "own-only"})
    assert checked.returncode == 0 and "nothing of others" in checked.stdout, checked


def a_failed_action_is_told_with_its_place(folder):
    text = re.sub(r"^//.*$", "", PORTAL.read_text(), flags=re.MULTILINE).replace("/deals", "/nowhere")
    (folder / "nowhere.json").write_text(text.replace('"portal.mjs"', json.dumps(str(PORTAL.parent / "portal.mjs"))))
    said = run("-q", "--app", folder / "nowhere.json", "lost-answer-same-key", code=1)
    assert re.search(r"nowhere\.json:\d+:\d+: action requestSpv, POST http://\S+/nowhere, status\n +expected +a success .*\n +got +404",
                     said), said


def certify(folder, flaw, code):
    file = folder / f"grade-{flaw or 'none'}.json"
    environment = {**sandbox_process.clean_environment(), "PORTAL_PORT": str(free_port()), "PORTAL_FLAWS": flaw}
    done = subprocess.run([BINARY, "certify", "--app", str(PORTAL), "--json", str(file)], capture_output=True, text=True,
                          env=environment, timeout=5 * sandbox_process.PATIENCE)
    assert done.returncode == code, f"{flaw}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    report = json.loads(file.read_text())
    return report["grade"], {duty["id"] for duty in report["duties"] if duty["verdict"] == "fail"}


def certify_asks_probes_and_effects(folder):
    assert certify(folder, "", 0) == ("A", set())
    assert certify(folder, "own-only", 0) == ("A", set())
    assert certify(folder, "own-subscriptions", 0) == ("A", set())
    grade, failed = certify(folder, "own-only,regresses", 1)
    assert "state-does-not-regress" in failed, failed
    grade, failed = certify(folder, "no-dedup", 1)
    assert failed == {"handles-duplicates-once"}, failed
    grade, failed = certify(folder, "regresses", 1)
    assert "state-does-not-regress" in failed, failed


def exec_starts_the_application_and_trigger_asks_it():
    port = str(free_port())
    environment = {**sandbox_process.clean_environment(), "PORTAL_PORT": port, "ZEST_SANDBOX_BINARY": str(BINARY),
                   "PORTAL": str(PORTAL)}
    script = '"$ZEST_SANDBOX_BINARY" trigger spv_request.completed --app "$PORTAL" --json'
    done = subprocess.run([BINARY, "exec", "--app", str(PORTAL), "--", "sh", "-c", script], capture_output=True, text=True,
                          env=environment, timeout=sandbox_process.PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["delivery"]["status"] == "delivered" and told["application"]["holds"], told
    assert told["application"]["got"] == "approved", told


def main():
    every_scenario_is_about_a_flaw_or_says_whose_calls_it_makes()
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(3) as pool:
        folder = pathlib.Path(name)
        jobs = [pool.submit(a_correct_application_gets_no_false_alarm, manner) for manner in MANNERS]
        jobs += [pool.submit(a_flaw_is_found, flaw) for flaw in FLAWS]
        jobs += [pool.submit(test, folder) for test in (
            certify_asks_probes_and_effects, what_was_not_looked_at_is_said, identifiers_differ_from_run_to_run_unless_a_seed_is_given, a_death_is_told,
            a_failed_action_is_told_with_its_place, of_what_it_did_not_make_nothing_is_asked)]
        jobs.append(pool.submit(exec_starts_the_application_and_trigger_asks_it))
        for job in jobs:
            job.result()


if __name__ == "__main__":
    main()
