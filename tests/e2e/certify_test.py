#!/usr/bin/env python3
"""The grade of a correct receiver, and for each flaw of tests/receivers/ exactly the duties that it breaks."""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import xml.etree.ElementTree

import sandbox_process

RECEIVERS = pathlib.Path(__file__).resolve().parent.parent / "receivers"
SECRET = "whsec_5f1d0c7a"
QUICK = "1500ms"  # instead of 10 s where a receiver is slow on purpose

# Flaws of a receiver -> the duties that fail, and the grade.
FLAWS = [
    (["no-signature-check"], {"rejects-bad-signature", "rejects-missing-header", "rejects-stale-timestamp",
                              "rejects-future-timestamp"}, "F"),
    (["wrong-secret"], {"accepts-genuine"}, "F"),
    (["no-timestamp-check"], {"rejects-stale-timestamp", "rejects-future-timestamp"}, "F"),
    (["rejects-unknown-version"], {"accepts-unknown-version"}, "C"),
    (["slow"], {"answers-in-time"}, "F"),
    (["redirects"], {"no-redirect"}, "F"),
    (["reserialises"], {"verifies-raw-bytes"}, "C"),
    (["no-dedup"], {"handles-duplicates-once"}, "C"),
    (["regresses"], {"state-does-not-regress"}, "C"),
    (["no-dedup", "regresses"], {"handles-duplicates-once", "state-does-not-regress"}, "C"),
    (["narrow"], {"accepts-every-type", "accepts-unknown-type"}, "C"),
    (["crashes-on-garbage"], {"refuses-with-4xx"}, "B"),
]
NOTHING_ELSE_SHOWS = {"wrong-secret", "slow", "redirects"}
# What shows nothing where no signature is looked at.
NEEDS_VERIFICATION = {"accepts-timestamp-in-window", "accepts-unknown-version", "verifies-raw-bytes",
                      "refuses-with-4xx"}


@contextlib.contextmanager
def receiver(command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def python_receiver(*flaws, secret=SECRET):
    command = [sys.executable, str(RECEIVERS / "receiver.py"), "--secret", secret]
    for flaw in flaws:
        command += ["--flaw", flaw]
    return receiver(command)


def node_receiver(*flaws):
    return receiver(["node", str(RECEIVERS / "receiver.mjs"), "--secret", SECRET, *flaws])


def certify(binary, *arguments):
    return subprocess.run([str(binary), "certify", *arguments], capture_output=True, text=True,
                          env=sandbox_process.clean_environment(), timeout=sandbox_process.PATIENCE)


def graded(binary, url, *more, probe=True, secret=SECRET):
    """Exit code, report, and what was printed."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "report.json"
        arguments = ["--webhook-url", url + "/webhooks", "--webhook-secret", secret, "--json", str(file),
                     "--probe-settle", "50ms", *more]
        if probe:
            arguments += ["--probe-url", url + "/state/{subject}"]
        done = certify(binary, *arguments)
        assert done.returncode in (0, 1), (done.returncode, done.stderr)
        return done.returncode, json.loads(file.read_text()), done.stdout


def duties(report, verdict):
    return {duty["id"] for duty in report["duties"] if duty["verdict"] == verdict}


def a_correct_receiver_gets_an_a(binary):
    with python_receiver() as url, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        code, report, shown = graded(binary, url, "--junit", str(folder / "r.xml"), "--html", str(folder / "r.html"))
        assert (code, report["grade"], report["passed"]) == (0, "A", True), shown
        assert duties(report, "pass") == {duty["id"] for duty in report["duties"]}, shown
        assert all(duty["documentation"] and duty["fix"] and duty["sentence"] for duty in report["duties"])
        assert report["cannotBeShown"] and "Grade A" in shown
        suites = xml.etree.ElementTree.parse(folder / "r.xml").getroot()
        assert int(suites.get("tests")) == len(report["duties"]) and suites.get("failures") == "0"
        page = (folder / "r.html").read_text()
        assert not re.search(r"<script|<link|<img|src=|url\(|@import", page), "the page loads something"
        for text in (shown, page, json.dumps(report)):
            assert SECRET not in text


def a_second_run_gets_the_same_grade(binary):
    # The receiver remembers the first run; nothing of the second may look like a duplicate of it.
    with python_receiver() as url:
        for _ in range(2):
            code, report, shown = graded(binary, url)
            assert (code, report["grade"]) == (0, "A"), shown


def without_a_probe_state_is_not_shown(binary):
    with python_receiver("no-dedup", "regresses") as url:
        code, report, shown = graded(binary, url, probe=False)
        assert (code, report["grade"]) == (0, "B"), shown
        assert duties(report, "not shown") == {"handles-duplicates-once", "state-does-not-regress"}
        assert "--probe-url" in shown


def a_probe_that_shows_nothing_is_no_pass(binary):
    with python_receiver() as url:
        for template in ("/nowhere/{subject}x", "/state/{spvSlug}"):
            code, report, shown = graded(binary, url, "--delivery-timeout", "4s", "--probe-url", url + template,
                                         probe=False)
            assert (code, report["grade"]) == (1, "C"), shown
            assert duties(report, "not shown") == {"handles-duplicates-once", "state-does-not-regress"}, shown


def each_flaw_fails_its_own_duties(binary):
    def one(case):
        flaws, expected, grade = case
        more = ["--delivery-timeout", QUICK] if "slow" in flaws else []
        with python_receiver(*flaws) as url:
            code, report, shown = graded(binary, url, *more)
        assert duties(report, "fail") == expected, (flaws, duties(report, "fail"), shown)
        assert report["grade"] == grade, (flaws, report["grade"], shown)
        assert code == (0 if grade == "B" else 1), (flaws, code)
        others = {duty["id"] for duty in report["duties"]} - expected
        unshown = (others if NOTHING_ELSE_SHOWS & set(flaws) else
                   NEEDS_VERIFICATION if "no-signature-check" in flaws else set())
        assert duties(report, "not shown") == unshown, (flaws, shown)
        assert duties(report, "pass") == others - unshown, (flaws, shown)
        for duty in report["duties"]:
            assert duty["id"] not in expected or duty["evidence"], duty
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        list(pool.map(one, FLAWS))


def a_short_listen_queue_is_told_but_no_failure(binary):
    with python_receiver("short-queue") as url:
        code, report, shown = graded(binary, url)
    assert (code, report["grade"]) == (0, "A"), shown


def receivers_in_node_are_graded_alike(binary):
    # Its probe answers text.
    for flaws, expected, grade in (([], set(), "A"), (["--json-first"], {"verifies-raw-bytes"}, "C"),
                                   (["--naive-buffers"], {"refuses-with-4xx"}, "B")):
        with node_receiver(*flaws) as url:
            _, report, shown = graded(binary, url)
        assert (duties(report, "fail"), report["grade"]) == (expected, grade), (flaws, shown)


def a_receiver_that_dies_is_told_from_one_that_refuses(binary):
    with node_receiver("--naive-buffers", "--dies") as url:
        code, report, shown = graded(binary, url)
    assert (code, report["grade"]) == (1, "F"), shown
    assert duties(report, "fail") == {"rejects-bad-signature", "refuses-with-4xx"}, shown
    assert duties(report, "pass") == {"accepts-genuine", "answers-in-time", "no-redirect"}, shown
    assert "went away" in shown and "could not be connected to any more" in shown, shown
    assert all(duty["sentence"] for duty in report["duties"]), shown


def the_reference_receiver_holds(binary):
    process = subprocess.Popen([str(binary), "listen", "--port", "0", "--secret", SECRET], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True, env=sandbox_process.clean_environment())
    try:
        url = re.search(r"http://[^ ;]+", process.stdout.readline())[0]
        threading.Thread(target=process.stdout.read, daemon=True).start()
        code, report, shown = graded(binary, url.removesuffix("/webhooks"), probe=False)
        assert (code, report["grade"], duties(report, "fail")) == (0, "B", set()), shown
    finally:
        process.terminate()
        process.wait()


def the_mistake_in_the_key_is_named(binary):
    # The receiver verifies with what follows whsec_.
    with python_receiver(secret=SECRET[len("whsec_"):]) as url:
        code, report, shown = graded(binary, url)
        assert code == 1 and "without its whsec_ prefix" in shown, shown


def what_a_receiver_answers_is_only_text(binary):
    hostile = "<script>alert(1)</script>\x1b[31m]]>&\x00"
    source = ("import http.server\n"
              "class H(http.server.BaseHTTPRequestHandler):\n"
              "    def do_POST(self):\n"
              "        self.rfile.read(int(self.headers['Content-Length']))\n"
              "        self.send_response(400)\n"
              "        self.end_headers()\n"
              f"        self.wfile.write({hostile!r}.encode())\n"
              "    def log_message(self, *_): pass\n"
              "server = http.server.HTTPServer(('127.0.0.1', 0), H)\n"
              "print(server.server_port, flush=True)\n"
              "server.serve_forever()\n")
    with receiver([sys.executable, "-c", source]) as url, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        code, _, shown = graded(binary, url, "--junit", str(folder / "r.xml"), "--html", str(folder / "r.html"))
        assert code == 1 and "\x1b" not in shown, shown
        assert "<script" not in (folder / "r.html").read_text()
        assert int(xml.etree.ElementTree.parse(folder / "r.xml").getroot().get("failures")) == 1


def a_terminal_shows_how_far_it_is(binary):
    with python_receiver() as url:
        ours, theirs = os.openpty()
        process = subprocess.Popen([str(binary), "certify", "--webhook-url", url + "/webhooks", "--webhook-secret", SECRET],
                                   stdout=subprocess.PIPE, stderr=theirs, env=sandbox_process.clean_environment())
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how the other side's end is told
            while part := os.read(ours, 4096):
                shown += part
        os.close(ours)
        report = process.stdout.read()
        process.stdout.close()
        assert process.wait() == 0, shown
    steps = re.findall(rb"\r\[(\d+)/(\d+)\] \S", shown)
    assert [int(number) for number, _ in steps] == list(range(1, int(steps[0][1]) + 1)), shown
    assert re.search(rb"\r +\r$", shown), shown
    assert b"Grade" in report and b"\r" not in report


def a_failed_run_leaves_the_last_report(binary):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "report.json"
        file.write_text("the last one")
        assert certify(binary, "--webhook-url", "http://127.0.0.1:1/", "--json", str(file)).returncode == 3
        assert file.read_text() == "the last one"
        more = [option for name in ("html", "junit", "markdown", "json")
                for option in ("--" + name, str(pathlib.Path(folder) / f"new.{name}"))]
        assert certify(binary, "--webhook-url", "http://127.0.0.1:1/", *more).returncode == 3
        assert [each.name for each in pathlib.Path(folder).iterdir()] == ["report.json"]


def wrong_usage_and_nobody_there(binary):
    url = "http://127.0.0.1:1/webhooks"
    for arguments, word in (
            ([], "--webhook-url"),
            (["--webhook-url", "ftp://x"], "--webhook-url"),
            (["--webhook-url", url, "--webhook-secret", ""], "--webhook-secret"),
            (["--webhook-url", url, "--probe-url", "http://x/state"], "{subject}"),
            (["--webhook-url", url, "--probe-url", "http://x/{subjekt}"], "{subject}"),
            (["--webhook-url", url, "--probe-url", "http://x/{subject"], "brace"),
            (["--webhook-url", url, "--delivery-timeout", "soon"], "--delivery-timeout"),
            (["--webhook-url", url, "--json", "/nowhere/report.json"], "cannot be written")):
        done = certify(binary, *arguments)
        assert done.returncode == 2 and word in done.stderr, (arguments, done.returncode, done.stderr)
    done = certify(binary, "--webhook-url", url)
    assert done.returncode == 3 and "No receiver answers" in done.stderr, done.stderr


if __name__ == "__main__":
    sys.exit(sandbox_process.main([
        a_correct_receiver_gets_an_a, a_second_run_gets_the_same_grade, without_a_probe_state_is_not_shown,
        a_probe_that_shows_nothing_is_no_pass, each_flaw_fails_its_own_duties,
        a_short_listen_queue_is_told_but_no_failure, receivers_in_node_are_graded_alike,
        a_receiver_that_dies_is_told_from_one_that_refuses, the_reference_receiver_holds,
        the_mistake_in_the_key_is_named, what_a_receiver_answers_is_only_text, a_terminal_shows_how_far_it_is,
        a_failed_run_leaves_the_last_report, wrong_usage_and_nobody_there]))
