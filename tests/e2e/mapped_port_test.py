#!/usr/bin/env python3
"""The real binary behind a mapped port: nobody told it by which address it is called, and all works all the same.

    mapped_port_test.py BINARY [case…]
"""
import contextlib
import json
import socket
import subprocess
import threading
import urllib.parse

from sandbox_process import PATIENCE, Receiver, Sandbox, clean_environment, main


class MappedPort:
    """Another port of this machine that leads to `port`, as `docker run -p` makes one."""

    def __init__(self, port):
        self.to = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.to))
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    @staticmethod
    def _pass_on(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.listener.close()


class Mapped(Sandbox):
    """Called through another port than the one that it listens on."""

    def __enter__(self):
        super().__enter__()
        self.inner_port = self.port
        self.mapping = MappedPort(self.port)
        self.port = self.mapping.port
        return self

    def __exit__(self, *failure):
        self.mapping.__exit__()
        super().__exit__(*failure)

    def run(self, *arguments):
        return subprocess.run([self.binary, *arguments, "--url", self.url], check=True, stdout=subprocess.PIPE,
                              text=True, timeout=PATIENCE, env=clean_environment()).stdout


def commands_work_through_a_mapped_port(binary):
    with Mapped(binary, "--clock", "manual", "--log-level", "off") as sandbox:
        assert sandbox.run("token").startswith("eyJ")
        assert json.loads(sandbox.run("trigger", "subscription.completed", "--json"))["subscriptionSlug"]
        assert "10 checks held" in sandbox.run("scenario", "run", "happy-path", "-q")


def every_link_in_an_answer_leads_back_through_the_mapped_port(binary):
    with Mapped(binary, "--clock", "manual", "--log-level", "off") as sandbox:
        answers = [sandbox.get("/"), sandbox.get("/_sandbox"), sandbox.get("/openapi.json"),
                   sandbox.get("/_sandbox/openapi.json"), sandbox.call("GET", "/docs").body.decode()]
        for answer in answers:
            text = answer if isinstance(answer, str) else json.dumps(answer)
            assert sandbox.url in text and f":{sandbox.inner_port}" not in text, text
        assert sandbox.get("/_sandbox/status")["url"] == sandbox.url


def a_webhook_links_to_the_public_url_that_a_test_sets_at_run_time(binary):
    with Receiver() as receiver, Mapped(binary, "--webhook-url", receiver.url, "--log-level", "off") as sandbox:
        def link():
            sandbox.run("trigger", "signed_subscription_form.uploaded")
            told = [json.loads(each[2])["data"] for each in receiver.got]  # those before it may come after it
            return [data["subscriptionFormUrl"] for data in told if "subscriptionFormUrl" in data][-1]

        assert link().startswith(f"http://127.0.0.1:{sandbox.inner_port}/files/")
        assert sandbox.call("PUT", "/_sandbox/settings", {"publicUrl": sandbox.url}).status == 200
        url = link()
        assert url.startswith(sandbox.url + "/files/"), url
        answer = sandbox.call("GET", urllib.parse.urlsplit(url).path)
        assert answer.status == 200 and answer.body.startswith(b"%PDF"), answer
        assert sandbox.call("PUT", "/_sandbox/settings", {"publicUrl": None}).json == {
            "publicUrl": f"http://127.0.0.1:{sandbox.inner_port}"}
        assert sandbox.call("PUT", "/_sandbox/settings", {"publicUrl": "zest"}).status == 400
        assert sandbox.call("PUT", "/_sandbox/settings", {}).status == 400


if __name__ == "__main__":
    main([commands_work_through_a_mapped_port, every_link_in_an_answer_leads_back_through_the_mapped_port,
          a_webhook_links_to_the_public_url_that_a_test_sets_at_run_time])
