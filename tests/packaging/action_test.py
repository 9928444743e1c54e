#!/usr/bin/env python3
"""What the action for CI does, run as CI runs it.  action_test.py PACKAGES"""
import hashlib
import json
import sys
import unittest

from support import PROJECT, Receiver, Scratch, clean_environment, packages_of_line, run, the_package

PACKAGES = None
ACTION = PROJECT / "scripts" / "packaging" / "action"


class Action(Scratch, unittest.TestCase):
    def act(self, status=0, **variables):
        package = the_package(PACKAGES, "zest-sandbox-*-linux-*.tar.gz")
        self.summary = self.scratch / "summary.md"
        environment = {**clean_environment(), "PACKAGE": str(package), "OPTIONS": "--clock manual",
                       "SHA256": hashlib.sha256(package.read_bytes()).hexdigest(), "GITHUB_STEP_SUMMARY": str(self.summary)}
        return run("bash", ACTION / "run.sh", status=status, cwd=self.scratch, env={**environment, **variables})

    def test_command_finds_a_sandbox_and_reports_become_the_summary(self):
        told = self.act(COMMAND='zest-sandbox clock --url "$ZEST_SANDBOX_URL"\n'
                                "zest-sandbox scenario run happy-path --junit zest-reports/s.xml --markdown zest-reports/s.md")
        self.assertIn("manual", told.stdout)
        self.assertIn("happy\\-path", self.summary.read_text(encoding="utf-8"))
        self.assertIn("<testcase", (self.scratch / "zest-reports" / "s.xml").read_text(encoding="utf-8"))

    def test_coverage_is_part_of_the_summary_and_may_fail_the_job(self):
        trigger = 'zest-sandbox trigger investor.created --url "$ZEST_SANDBOX_URL"'
        self.act(COMMAND=trigger, COVERAGE_MIN="2")
        summary = self.summary.read_text(encoding="utf-8")
        self.assertRegex(summary, r"### Coverage of all partners: \d+% ")
        self.assertIn("zest-sandbox trigger subscription.completed", summary)
        merged = self.scratch / "zest-reports" / "coverage.json"
        self.assertEqual(json.loads(merged.read_text(encoding="utf-8"))["kind"], "coverage")
        self.assertIn("--coverage-min 90", self.act(status=1, COMMAND=trigger, COVERAGE_MIN="90").stderr)

    def test_failure_of_the_command_is_the_jobs(self):
        self.act(status=7, COMMAND="exit 7")

    def test_receiver_is_graded(self):
        with Receiver() as receiver:  # takes every webhook, forged ones too
            self.act(status=1, CERTIFY=receiver.url)
        self.assertIn("grade", self.summary.read_text(encoding="utf-8"))

    def test_wrong_package_is_one_sentence(self):
        for variables, reason in (({"SHA256": "0" * 64}, "is not the one with the checksum"), ({"PACKAGE": "nothing"}, "is not there"),
                                  ({"PACKAGE": ""}, "PACKAGE is empty")):
            self.assertIn(reason, self.act(status=2, **variables).stderr)

    def test_every_input_reaches_the_script(self):
        text = (ACTION / "action.yml").read_text(encoding="utf-8")
        script = (ACTION / "run.sh").read_text(encoding="utf-8")
        for variable in ("PACKAGE", "SHA256", "COMMAND", "OPTIONS", "COVERAGE_MIN", "CERTIFY", "REPORTS"):
            self.assertIn(f"        {variable}: ${{{{ inputs.", text)
            self.assertIn(variable, script)


if __name__ == "__main__":
    PACKAGES, _ = packages_of_line()
    sys.exit(unittest.main())
