"""The API of the wheel, each call of it at least once; run where zest_sandbox can be imported."""
import json
import os
import signal
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

from zest_sandbox import (SandboxError, WebhookVerificationError, connect_sandbox, sign_webhook, start_sandbox,
                          verify_webhook)


class Api(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = start_sandbox(clock="manual", log_level="warning")
        cls.addClassCleanup(cls.sandbox.stop)

    def setUp(self):
        self.partner = self.sandbox.partner()

    def pending_request(self, partner=None, key="one"):
        partner = partner or self.partner
        return partner.call("POST", "/v1/spv-requests", partner.sample(), idempotency_key=key)

    def test_partners_have_credentials_and_tokens(self):
        two = self.sandbox.partner(client_id="client_two", name="Two")
        self.assertTrue(self.partner.token().startswith("eyJ"))
        self.assertEqual(two.call("GET", "/v1/oauth2/info")["clientId"], "client_two")
        self.assertIn("PRIVATE KEY", two.private_key_pem)
        two.change(name="Zwei")
        two.remove()
        with self.assertRaises(SandboxError) as failure:
            two.token()
        self.assertEqual((failure.exception.status, failure.exception.code), (404, "not_found"))

    def test_coverage_and_explanations(self):
        self.pending_request()
        met = self.partner.coverage()
        self.assertEqual(met["clientId"], self.partner.client_id)
        counts = {item["id"]: item["count"] for dimension in met["dimensions"] for item in dimension["items"]}
        self.assertEqual((counts["operations.createSpvRequest"], counts["idempotency.executed"]), (1, 1))
        self.assertGreaterEqual(self.sandbox.coverage()["covered"], met["covered"])
        self.partner.reset(keep_coverage=True)
        self.assertEqual(self.partner.coverage()["covered"], met["covered"])
        with self.assertRaises(SandboxError) as failure:
            self.partner.call("GET", "/v1/spv-requests/svr_none")
        self.assertEqual(self.partner.explain(failure.exception.error_id)["rule"]["id"], "spv.unknown")

    def test_clocks_are_a_partners_own(self):
        before = self.sandbox.seeded().clock()
        self.partner.advance("1h")
        self.partner.advance(to="next")
        self.partner.set_clock("real")
        self.assertEqual(self.sandbox.seeded().clock(), before)

    def test_review_deliveries_and_retries(self):
        slug = self.pending_request()["spvRequestSlug"]
        other = self.pending_request(key="two")["spvRequestSlug"]
        self.partner.approve(other)
        self.partner.reject(slug, "no")
        with self.assertRaisesRegex(SandboxError, "409"):
            self.partner.approve(slug)
        with self.assertRaisesRegex(SandboxError, "404"):
            self.partner.complete("sub_nothing", force=True)
        self.partner.pause_webhooks()
        self.partner.change(webhook_url="http://127.0.0.1:1/")
        self.partner.resume_webhooks()
        self.partner.advance()
        self.assertEqual([delivery["attemptCount"] for delivery in self.partner.deliveries(status="dead")], [6] * 4)
        dead = self.partner.deliveries(status="dead", event_type="spv_request.rejected")
        self.assertEqual(len(dead), 1)
        self.partner.retry(dead[0]["deliveryId"])
        self.partner.wait_idle()
        self.assertEqual(len(self.partner.delivery(dead[0]["deliveryId"])["attempts"]), 7)

    def test_chaos_and_journal(self):
        rule = self.partner.chaos("api", {"type": "status", "code": 503}, {"path": "/v1/spv-requests"})
        with self.assertRaisesRegex(SandboxError, "503"):
            self.pending_request()
        self.assertEqual(self.partner.chaos_rules()[0]["hits"], 1)
        self.partner.remove_chaos(rule["id"])
        self.partner.remove_chaos()
        self.pending_request()
        self.assertEqual([entry["status"] for entry in self.partner.requests(method="POST")], [201, 503])
        self.partner.verify({"method": "POST", "status": 201})
        self.partner.verify({"method": "POST"}, at_least=2)
        with self.assertRaisesRegex(AssertionError, "calls of .*DELETE.* were expected, 0 came"):
            self.partner.verify({"method": "DELETE"})

    def test_reset_and_snapshot(self):
        with start_sandbox(clock="manual", log_level="off") as own:
            self.pending_request(own.seeded())
            snapshot = own.snapshot()
            own.reset()
            self.assertEqual(own.seeded().deliveries(), [])
            own.restore(snapshot, rewind=True)
            seen = connect_sandbox(own.url + "/")
            self.assertEqual(len(seen.seeded().deliveries()), 1)
            url = own.url
        with self.assertRaises(urllib.error.URLError) as caught:
            connect_sandbox(url)
        self.assertRegex(str(caught.exception), f"^GET /_sandbox/status: no answer from {url} \\(.+\\)$")
        self.assertIsInstance(caught.exception, ConnectionError)
        with self.assertRaisesRegex(ValueError, "is no address such as http:"):
            connect_sandbox("127.0.0.1:8080")

    def test_signatures(self):
        body, secret = '{"eventId":"wde_1","name":"Žofie"}', "whsec_0011"
        header = sign_webhook(body, secret, 1_767_225_600)
        for headers in ({"Zest-Signature": header}, {"zest-signature": "v2=aa, " + header}, header):
            event = verify_webhook(headers, body.encode(), secret, now=1_767_225_600)
            self.assertEqual(event["name"], "Žofie")
        for headers, text, now, reason in (
                ({}, body, 0, "no Zest-Signature"), ({"Zest-Signature": "v1=00"}, body, 0, "no time"),
                ({"Zest-Signature": header}, body + " ", 0, "does not fit"),
                ({"Zest-Signature": header[:-1] + "é"}, body, 0, "does not fit"),
                ({"Zest-Signature": header}, body, 301, "300 seconds")):
            with self.assertRaisesRegex(WebhookVerificationError, reason):
                verify_webhook(headers, text, secret, now=1_767_225_600 + now)
        with self.assertRaisesRegex(TypeError, "raw body"):
            verify_webhook({"Zest-Signature": header}, json.loads(body), secret)
        for none in ("", None):  # a variable that is not set must not let in what anybody can sign
            with self.assertRaisesRegex(TypeError, "needs the webhook secret"):
                verify_webhook(sign_webhook(body, ""), body, none)
        self.assertEqual(self.partner.verify_webhook({"Zest-Signature": self.partner.sign(body)}, body)["name"], "Žofie")

    def test_what_keeps_it_from_starting_is_one_sentence(self):
        for options, reason in (({"no_such_option": 1}, "has no option --no-such-option"),
                                ({"port": self.sandbox.url.rpartition(":")[2]}, "--port 0"),
                                ({"binary": "/nowhere/zest-sandbox"}, "/nowhere/zest-sandbox cannot be run: No such file")):
            with self.assertRaisesRegex(RuntimeError, reason):
                start_sandbox(**options)

    def test_a_test_run_that_is_killed_leaves_no_sandbox_behind(self):
        run = subprocess.Popen([sys.executable, "-c", "import zest_sandbox as z\nprint(z.start_sandbox().url, flush=True)\ninput()"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        url = run.stdout.readline().strip()
        with urllib.request.urlopen(url + "/_sandbox/readyz") as answer:
            self.assertEqual(answer.status, 200)
        run.send_signal(signal.SIGKILL)
        run.wait()
        run.stdin.close()
        run.stdout.close()
        while True:  # a sandbox that stays lets this test run into its limit
            try:
                urllib.request.urlopen(url + "/_sandbox/readyz").close()
            except OSError:
                break


if __name__ == "__main__":
    unittest.main()
