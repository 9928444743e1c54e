"""The real binary as a child process, a client for it, and receivers for its webhooks. Standard library only.

Everything waits for a sign (a line, a connection, a commit that a barrier reports), never for time to pass.
"""
import contextlib
import http.client
import json
import os
import pathlib
import queue
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import traceback
import urllib.parse

sys.dont_write_bytecode = True
PATIENCE = float(os.environ.get("ZEST_TEST_PATIENCE", "120"))  # seconds until a call that hangs fails the test


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:600]!r}"


class Sandbox:
    """`zest-sandbox serve` on a free port. A context manager; kill() and start() as often as one likes."""

    def __init__(self, binary, *options):
        self.binary = str(binary)
        self.options = [str(option) for option in options]
        self.process = None
        self.port = None
        self.output = []

    def start(self):
        self.output = []
        self.process = subprocess.Popen(
            [self.binary, "serve", "--port", str(self.port or 0), *self.options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=clean_environment())
        for line in self.process.stdout:
            self.output.append(line)
            if line.startswith("{"):
                self.port = urllib.parse.urlsplit(json.loads(line)["url"]).port
            if line.strip() == "Ready.":
                threading.Thread(target=self._drain, args=(self.process,), daemon=True).start()
                return self
        raise AssertionError(f"the sandbox did not start ({self.process.wait()}):\n" + "".join(self.output))

    def _drain(self, process):
        for line in process.stdout:
            self.output.append(line)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError("the sandbox did not stop on SIGTERM") from None
        return self.process.returncode if self.process else None

    def __enter__(self):
        return self.start()

    def __exit__(self, *failure):
        if failure[0]:
            self.kill()
            sys.stderr.write("last lines of the sandbox:\n" + "".join(self.output[-30:]))
        else:
            self.stop()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def call(self, method, path, body=None, token=None, headers=None, timeout=PATIENCE):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            fields = dict(headers or {})
            if token:
                fields["Authorization"] = "Bearer " + token
            data = body
            if body is not None and not isinstance(body, bytes):
                data = json.dumps(body)
                fields["Content-Type"] = "application/json"
            connection.request(method, path, data, fields)
            reply = connection.getresponse()
            return Answer(reply.status, dict(reply.getheaders()), reply.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return expect(200, self.call("GET", path, **more)).json

    def post(self, path, body=None, **more):
        answer = self.call("POST", path, {} if body is None else body, **more)
        assert answer.status in (200, 201), f"POST {path}: {answer}"
        return answer.json

    def token(self, client_id=None, key=None):
        command = [self.binary, "token", "--url", self.url]
        if client_id:
            command += ["--client-id", client_id, "--key", str(key)]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=PATIENCE,
                              env=clean_environment()).stdout.strip()

    def partner(self, client_id, **members):
        """Registers a partner; answers an access token of it."""
        made = self.post("/_sandbox/partners", {"clientId": client_id, "name": client_id, **members})
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as key:
            key.write(made["privateKeyPem"])
            key.flush()
            return self.token(client_id, key.name)

    def investors(self, token, ids):
        """Creates investors, one event each; answers the rows."""
        rows = [{"partnerInvestorId": one, "email": f"{one}@example.com", "firstName": "Ada", "lastName": "Love",
                 "dateOfBirth": "1980-01-01"} for one in ids]
        return self.post("/v1/investors", {"investors": rows}, token=token)["results"]

    def deliveries(self, **query):
        return self.get("/_sandbox/webhook-deliveries?" + urllib.parse.urlencode(query))

    def threads(self):
        return len(self.thread_names())

    def thread_names(self):
        return [(task / "comm").read_text().strip()
                for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()]


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("ZEST_SANDBOX_")}


def expect(status, answer):
    assert answer.status == status, f"{status} expected: {answer}"
    return answer


def read_request(stream):
    """One HTTP request from a file object: (request line, headers, body), or nothing at the end of what came."""
    line = stream.readline()
    if not line:
        return None
    headers = {}
    while (field := stream.readline().strip()):
        name, _, value = field.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", 0))
    body = stream.read(length)
    return (line.decode("latin-1"), headers, body) if len(body) == length else None  # else: the sender was killed


class Receiver:
    """A webhook endpoint. `answer(event, headers)` gives a status, or (status, body), or raw bytes, or nothing to
    hang up without an answer; it runs on the connection's thread and may take its time. `got` lists (event id,
    event type, body) of every request, in order of arrival."""

    def __init__(self, answer=lambda event, headers: 200):
        self.answer = answer
        self.got = []
        self.lock = threading.Condition()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as stream:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while request := read_request(stream):
                _, headers, body = request
                event = json.loads(body)
                with self.lock:
                    self.got.append((headers.get("zest-event-id"), headers.get("zest-event-type"), body))
                    self.lock.notify_all()
                said = self.answer(event, headers)
                if said is None:
                    return
                if isinstance(said, int):
                    said = (said, b"")
                if isinstance(said, tuple):
                    status, text = said
                    said = b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n%s" % (status, len(text), text)
                connection.sendall(said)

    def wait_for(self, condition):
        """Until `condition(got)` holds."""
        with self.lock:
            assert self.lock.wait_for(lambda: condition(self.got), PATIENCE), f"{len(self.got)} webhooks came"

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.listener.close()


class HangingReceiver:
    """Accepts, reads nothing and answers nothing: without a thread for each connection. `accepted()` waits for one
    more connection."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/hook"
        self.arrivals = queue.Queue()
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            self.arrivals.put(connection)

    def accepted(self, count=1):
        for _ in range(count):
            self.arrivals.get(timeout=PATIENCE)

    def reset_all(self):
        for connection in self.connections:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        self.connections = []

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.listener.close()
        self.reset_all()


class Threads:
    """Runs functions on threads of their own; leaving the block joins them and raises what the first one raised."""

    def __init__(self):
        self.threads = []
        self.failures = []

    def run(self, function, *arguments):
        def body():
            try:
                function(*arguments)
            except BaseException as failure:  # handed to the thread that joins
                traceback.print_exc()
                self.failures.append(failure)
        thread = threading.Thread(target=body, daemon=True)
        thread.start()
        self.threads.append(thread)
        return thread

    def __enter__(self):
        return self

    def __exit__(self, kind, *failure):
        if kind is None:
            for thread in self.threads:
                thread.join(PATIENCE)
                assert not thread.is_alive(), "a thread hangs"
        if kind is None and self.failures:
            raise self.failures[0]


def main(cases):
    """Runs the functions given, each with the binary: `SCRIPT BINARY [name…]`."""
    binary, *names = sys.argv[1:]
    for case in cases:
        if not names or case.__name__ in names:
            print(f"[ run  ] {case.__name__}", flush=True)
            case(pathlib.Path(binary))
            print(f"[  ok  ] {case.__name__}", flush=True)
    return 0
