#!/usr/bin/env python3
"""The wheel, installed by pip from its file without a network where pip is, else unpacked:  wheel_test.py PACKAGES"""
import importlib.util
import os
import pathlib
import sys
import unittest
import zipfile

from support import Scratch, clean_environment, first_webhook, packages_of_line, run, the_package

PACKAGES = None
HERE = pathlib.Path(__file__).resolve().parent
PLUGIN_CASE = '''
import http.server, threading

import pytest


@pytest.fixture
def webhook_url():
    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(503)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.mark.parametrize("hours, attempts", [(1, 4), (3, 5)])
def test_each_has_its_own_clock(zest_partner, webhook_url, hours, attempts):
    zest_partner.change(webhook_url=webhook_url)
    zest_partner.call("POST", "/v1/spv-requests", zest_partner.sample(), idempotency_key="plugin")
    zest_partner.advance(f"{hours}h")
    delivery, = zest_partner.deliveries()
    assert delivery["attemptCount"] == attempts


def test_partners_are_gone_afterwards(zest_sandbox):
    assert [one["clientId"] for one in zest_sandbox.control("GET", "/_sandbox/partners")["documents"]] == ["client_acme"]
'''


class Installed(Scratch):
    @classmethod
    def setUpClass(cls):
        cls.wheel = the_package(PACKAGES, "zest_sandbox-*.whl")

    def setUp(self):
        super().setUp()
        self.site = self.scratch / "site"
        if importlib.util.find_spec("pip"):
            run(sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-cache-dir", "--disable-pip-version-check",
                "--root-user-action", "ignore", "--target", self.site, self.wheel)
        else:
            with zipfile.ZipFile(self.wheel) as packed:
                for entry in packed.infolist():
                    os.chmod(packed.extract(entry, self.site), (entry.external_attr >> 16) & 0o777)

    def python(self, *arguments, status=0, **variables):
        environment = {**clean_environment(), "PYTHONPATH": str(self.site), "PYTHONDONTWRITEBYTECODE": "1", **variables}
        return run(sys.executable, *arguments, status=status, env=environment, cwd=self.scratch)


class Wheel(Installed, unittest.TestCase):
    def test_every_call_of_the_api(self):
        print(self.python(HERE / "python" / "api_test.py").stderr, end="")

    def test_the_module_is_the_program(self):
        version = self.wheel.name.split("-")[1]
        self.assertEqual(self.python("-m", "zest_sandbox", "version").stdout, f"zest-sandbox {version}\n")
        self.python("-m", "zest_sandbox", "no-such-command", status=2)
        seconds = first_webhook(sys.executable, "-m", "zest_sandbox", env={**clean_environment(), "PYTHONPATH": str(self.site)})
        print(f"from the start to the first webhook: {seconds:.2f} s")

    def test_every_event_has_a_type(self):
        told = self.python("-c", "import typing, zest_sandbox.events as e\n"
                                 "print(*sorted(typing.get_type_hints(one)['eventType'].__args__[0] for one in e.WebhookEvent.__args__))")
        self.assertEqual(len(told.stdout.split()), 9)
        self.assertIn("signed_subscription_form.uploaded", told.stdout)

    def test_wrong_architecture_is_one_sentence_that_names_the_container(self):
        told = self.python("-c", "import os, collections\n"
                                 "os.uname = lambda: collections.namedtuple('U', 'sysname machine')('Darwin', 'arm64')\n"
                                 "from zest_sandbox.__main__ import main; raise SystemExit(main())", status=2)
        self.assertRegex(told.stderr, r"^zest-sandbox: .*this is Darwin on arm64; run the container instead, docker run .*\n$")

    def test_same_files_as_its_record_says(self):
        with zipfile.ZipFile(self.wheel) as packed:
            names = set(packed.namelist())
            record = next(name for name in names if name.endswith("/RECORD"))
            self.assertEqual({line.split(",")[0] for line in packed.read(record).decode().splitlines()}, names)


class Plugin(Installed, unittest.TestCase):
    """What needs pytest."""

    def pytest(self, text, *options, **more):
        (self.scratch / "test_case.py").write_text(text, encoding="utf-8")
        # A pip that installs with --target leaves out nothing: the plugin is found by its entry point.
        return self.python("-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "test_case.py", **more)

    def test_fixtures(self):
        self.assertIn("3 passed", self.pytest(PLUGIN_CASE).stdout)

    def test_too_little_coverage_fails_the_run(self):
        case = "def test_it(zest_partner):\n    zest_partner.call('GET', '/v1/oauth2/info')\n"
        self.assertRegex(self.pytest(case).stdout, r"\d+% \(\d+ of \d+\): operations 1/23")
        self.pytest(case, "--zest-coverage-min", "1")
        self.assertIn("less than --zest-coverage-min 50", self.pytest(case, "--zest-coverage-min", "50", status=1).stdout)
        self.assertIn("nothing was met", self.pytest("def test_it(): pass\n", "--zest-coverage-min=1", status=1).stdout)
        self.pytest("def test_it(): assert False\n", "--zest-coverage-min=0", status=1)
        if importlib.util.find_spec("xdist"):
            two = case + case.replace("test_it", "test_two").replace("/v1/oauth2/info", "/v1/spv-requests")
            self.assertIn("operations 2/23", self.pytest(two, "-n", "2").stdout)
            self.pytest(two, "-n", "2", "--zest-coverage-min", "50", status=1)

    def test_exec_brings_the_sandbox(self):
        (self.scratch / "test_case.py").write_text(
            "def test_it(zest_sandbox):\n    import os\n    assert zest_sandbox.url == os.environ['ZEST_SANDBOX_URL']\n",
            encoding="utf-8")
        self.python("-m", "zest_sandbox", "exec", "--", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")

    def test_options_of_the_run_are_a_fixture(self):
        self.pytest("import pytest\n@pytest.fixture(scope='session')\ndef zest_sandbox_options():\n"
                    "    return {'start_time': '2030-01-01T00:00:00Z', 'clock': 'manual'}\n"
                    "def test_it(zest_sandbox):\n    assert '2030-01-01' in str(zest_sandbox.clock())\n")


if __name__ == "__main__":
    PACKAGES, light = packages_of_line()
    if light:
        del Plugin
    sys.exit(unittest.main())
