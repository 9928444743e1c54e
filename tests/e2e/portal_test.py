#!/usr/bin/env python3
"""Verdicts about tests/applications/portal.py: `certify --app` and `scenario run --app` name each of its flaws, and find
nothing wrong where it has none.

    portal_test.py BINARY [case…]
"""
import concurrent.futures
import importlib.util
import json
import os
import pathlib
import re
import subprocess
import tempfile

from app_test import free_port
from sandbox_process import PATIENCE, clean_environment, main

APPLICATIONS = pathlib.Path(__file__).resolve().parent.parent / "applications"
DESCRIPTION = APPLICATIONS / "python-app.json"
# For each flaw a duty that certify must find broken.
DUTIES = {
    "early-mail": "handles-duplicates-once",
    "late-mail": "handles-duplicates-once",
    "mails-again": "handles-duplicates-once",
    "loses-created": "accepts-every-type",
    "forgets-ended": "state-does-not-regress",
    "needs-the-start": "state-does-not-regress",
    "time-zone": "accepts-genuine",
    "old-is-stale": "accepts-any-order",
    "drops-in-a-burst": "survives-burst",
    "answers-first": "survives-crash",
    "guards-the-end": "state-does-not-regress",
    "works-then-verifies": "rejects-bad-signature",
    "forgets-ids": "survives-crash",
    "by-type-and-subject": "handles-duplicates-once",
    "remembers-few": "handles-duplicates-once",
    "guards-approvals": "state-does-not-regress",
    "verifies-money": "rejects-bad-signature",
    "notes-then-verifies": "rejects-bad-signature",
    "milliseconds": "accepts-genuine",
    "wrong-word": "accepts-every-type",
    "check-then-act": "handles-duplicates-once",
    "last-only": "handles-duplicates-once",
    "short-compare": "rejects-bad-signature",
    "no-verification": "rejects-bad-signature",
    "no-timestamp-check": "rejects-stale-timestamp",
    "future-is-fine": "rejects-future-timestamp",
    "impatient": "accepts-timestamp-in-window",
    "last-pair-wins": "accepts-unknown-version",
    "reserialises": "verifies-raw-bytes",
    "forgery-is-fine": "rejects-bad-signature",
    "slow": "answers-in-time",
    "one-at-a-time": "survives-burst",
    "closed-list": "accepts-unknown-type",
    "closed-shape": "accepts-unknown-fields",
    "no-dedup": "handles-duplicates-once",
    "twice": "handles-duplicates-once",
    "by-delivery-time": "handles-duplicates-once",
    "by-occurred-at": "handles-duplicates-once",
    "forgets-order": "handles-duplicates-once",
    "regresses": "state-does-not-regress",
    "loses-later": "accepts-every-type",
}
# What shows only in an application that keeps what it knows.
KEPT_IN_A_FILE = {"answers-first", "forgets-ids", "kept"}
# For each flaw a scenario that it must fail.
SCENARIOS = {
    "one-person": "partial-investor-batch",
    "last-only": "duplicates",
    "loses-later": "happy-path",
    "regresses": "out-of-order-completion",
    "stale-cache": "out-of-order-completion",
    "no-verification": "bad-signatures",
    "no-dedup": "lost-acknowledgement",
}


def variables(flaw):
    return {**clean_environment(), "PORTAL_PORT": str(free_port()), "PORTAL_FLAWS": flaw, "SLOW": "3"}


def certify(binary, flaw):
    """The grade, the sentences of the duties that are broken, and what was printed."""
    with tempfile.TemporaryDirectory() as name:
        file = pathlib.Path(name) / "report.json"
        environment = variables("" if flaw == "kept" else flaw)
        if flaw in KEPT_IN_A_FILE:
            environment["PORTAL_FILE"] = str(pathlib.Path(name) / "portal.state")
        quick = ["--delivery-timeout", "2s"] if flaw == "slow" else []
        done = subprocess.run([binary, "certify", "--app", DESCRIPTION, "--json", file, *quick], env=environment,
                              capture_output=True, text=True, timeout=5 * PATIENCE, check=False)
        assert done.returncode in (0, 1), (flaw, done.stderr)
        report = json.loads(file.read_text())
        broken = {duty["id"]: duty["sentence"] for duty in report["duties"] if duty["verdict"] == "fail"}
        return report["grade"], broken, done.stdout


def failed_scenarios(binary, flaw, *names):
    done = subprocess.run([binary, "scenario", "run", "-q", "--app", DESCRIPTION, *names], env=variables(flaw),
                          capture_output=True, text=True, timeout=5 * PATIENCE, check=False)
    assert done.returncode in (0, 1), (flaw, done.stderr)
    return set(re.findall(r"^FAILED.*?  ([a-z0-9-]+)  \d+ checks", done.stdout, re.MULTILINE)), done.stdout


def a_correct_application_gets_no_false_alarm(binary):
    manners = ["", "asynchronous,refuses-with-400,takes-with-202", "kept"]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        played = pool.submit(failed_scenarios, binary, manners[1])
        for manner, (grade, broken, printed) in zip(manners, pool.map(lambda each: certify(binary, each), manners)):
            assert (grade, broken) == ("A", {}), (manner, printed)
            assert ("nothing was missing, and copies" in printed) == (manner == "kept"), printed
        failed, printed = played.result()
        assert not failed, (manners[1], printed)


def every_flaw_is_about_a_verdict(_):
    spec = importlib.util.spec_from_file_location("portal", APPLICATIONS / "portal.py")
    portal = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(portal)
    assert set(portal.FLAWS) == set(DUTIES) | set(SCENARIOS), set(portal.FLAWS) ^ (set(DUTIES) | set(SCENARIOS))


def a_start_that_dies_is_told(binary):
    with tempfile.TemporaryDirectory() as name:
        file = pathlib.Path(name) / "dies.json"
        url = f"http://127.0.0.1:{free_port()}"
        file.write_text(json.dumps({"webhook": {"url": url}, "start": {"command": ["sh", "-c", "echo no database; exit 3"]},
                                    "actions": {"requestSpv": {"call": "POST " + url}}}))
        for options in ([], ["--client"]):
            done = subprocess.run([binary, "certify", "--app", file, *options], env=clean_environment(),
                                  capture_output=True, text=True, timeout=PATIENCE, check=False)
            assert done.returncode in (1, 2) and "dies.json:1:" in done.stderr, done
            assert "it ended with status 3; it printed: no database" in done.stderr, done.stderr


def every_flaw_is_named(binary):
    """As many of each table as ZEST_PORTAL_FLAWS says; scripts/test --full takes all."""
    some = int(os.environ.get("ZEST_PORTAL_FLAWS", "3"))
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        graded = {flaw: pool.submit(certify, binary, flaw) for flaw in list(DUTIES)[:some]}
        played = {flaw: pool.submit(failed_scenarios, binary, flaw, SCENARIOS[flaw]) for flaw in list(SCENARIOS)[:some]}
        for flaw, job in graded.items():
            _, broken, printed = job.result()
            assert DUTIES[flaw] in broken, (flaw, printed)
            if flaw in ("guards-the-end", "guards-approvals", "regresses"):
                assert "warn.occurred-at-ignored" in broken[DUTIES[flaw]], printed
        for flaw, job in played.items():
            failed, printed = job.result()
            assert failed == {SCENARIOS[flaw]}, (flaw, printed)


if __name__ == "__main__":
    main([a_correct_application_gets_no_false_alarm, every_flaw_is_about_a_verdict, a_start_that_dies_is_told, every_flaw_is_named])
