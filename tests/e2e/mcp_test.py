#!/usr/bin/env python3
"""The tools for coding agents: over standard input as an agent starts them, and over HTTP.

    mcp_test.py BINARY
"""
import json
import subprocess
import sys

from sandbox_process import PATIENCE, Receiver, Sandbox, clean_environment, expect, main


class Agent:
    """`zest-sandbox mcp` as a child."""

    def __init__(self, binary, *arguments):
        self.process = subprocess.Popen([binary, "mcp", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=clean_environment())
        self.last = 0

    def send(self, **message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def ask(self, method, **params):
        self.last += 1
        self.send(id=self.last, method=method, params=params)
        reply = json.loads(self.process.stdout.readline())
        assert reply["id"] == self.last, reply
        return reply

    def call(self, tool, /, wanted=True, **arguments):
        """The text of a result, parsed where it is JSON; `wanted`: whether it is to succeed."""
        result = self.ask("tools/call", name=tool, arguments=arguments)["result"]
        text = result["content"][0]["text"]
        assert result.get("isError", False) != wanted, text
        try:
            return json.loads(text)
        except ValueError:
            return text

    def __enter__(self):
        assert self.ask("initialize", protocolVersion="2025-06-18")["result"]["serverInfo"]["name"] == "zest-sandbox"
        self.send(method="notifications/initialized")
        return self

    def __exit__(self, *failure):
        self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        assert failure[0] or code == 0, code


def a_message_without_end_takes_no_more_than_one_may(binary):
    with Agent(binary, "--url", "http://127.0.0.1:1") as agent:
        agent.send(id=1, method="ping", params={"pad": "x" * 5 * 1024 * 1024})
        assert json.loads(agent.process.stdout.readline())["error"]["code"] == -32700
        assert agent.ask("ping")["result"] == {}


def an_agent_finds_out_why_a_webhook_failed(binary):
    with Agent(binary, "--url", "http://127.0.0.1:1") as agent, Receiver(lambda event, headers: 500) as receiver:
        assert "call start_sandbox" in agent.call("sandbox_status", wanted=False)
        assert "call start_sandbox" in agent.call("trigger_event", wanted=False, eventType="investor.created")
        started = agent.call("start_sandbox")
        assert started["clientId"] == "client_acme" and "PRIVATE KEY" in started["privateKeyPem"], started
        partner = agent.call("register_partner", name="Portal", webhookUrl=receiver.url)
        made = agent.call("trigger_event", eventType="investor.created", clientId=partner["clientId"],
                          set={"firstName": "Grace", "email": "grace@example.com"})
        assert made["delivery"]["status"] == "retrying" and "attempts" not in made["delivery"], made
        agent.call("advance_clock", until="idle", clientId=partner["clientId"])
        listed = agent.call("list_deliveries", status="dead")
        assert [row["deliveryId"] for row in listed["documents"]] == [made["deliveryId"]], listed
        told = agent.call("explain_delivery", id=made["deliveryId"])
        assert told["envelope"]["data"]["firstName"] == "Grace", told
        assert [attempt["offsetSeconds"] for attempt in told["attempts"]] == [0, 30, 330, 2130, 9330, 52530]
        assert all(attempt["responseStatus"] == 500 and "requestHeaders" not in attempt for attempt in told["attempts"])
        assert "nothing is known by that id" in agent.call("explain", wanted=False, id="no-such")
        why = agent.call("explain", id=made["deliveryId"])
        assert why["kind"] == "delivery" and why["status"] == "dead", why
        covered = agent.call("coverage", clientId=partner["clientId"])
        assert "retries.dead" not in covered["missing"] and "retries.attempt-1" in covered["missing"], covered
        assert covered["total"] - covered["covered"] == len(covered["missing"]) and covered["endpoint"] is True
        assert agent.call("sandbox_status")["version"]
        again = agent.call("start_sandbox", clock="real")
        assert agent.call("list_deliveries")["count"] == 0, "the earlier one is gone"
        assert again["url"] != started["url"]


def tools_bring_the_application_through_the_whole_story(binary):
    with Sandbox(binary, "--clock", "manual") as sandbox, Agent(binary, "--url", sandbox.url) as agent:
        token = agent.call("partner_token", clientId="client_acme")["accessToken"]
        sample = sandbox.get("/v1/contracts/samples/1.0.0/syndicate_secondary")
        slug = sandbox.post("/v1/spv-requests", sample, token=token, headers={"Idempotency-Key": "mcp"})["spvRequestSlug"]
        assert agent.call("list_spv_requests", status="pending-review")["documents"][0]["spvRequestSlug"] == slug
        agent.call("approve_spv_request", slug=slug)
        assert "approved" in agent.call("approve_spv_request", wanted=False, slug=slug)
        expect(404, sandbox.call("GET", "/v1/spv-requests/svr_nothing", token=token))
        assert agent.call("warnings")["documents"] == [], "what the tools do is nothing to warn of"
        failed = agent.call("list_api_calls", failed=True)
        assert failed["documents"][0]["status"] == 404, failed
        rule = agent.call("add_chaos", on="api", match={"path": "/v1/spv-requests"}, action={"type": "status", "code": 503})
        expect(503, sandbox.call("GET", "/v1/spv-requests", token=token))
        assert agent.call("list_chaos")["documents"][0]["id"] == rule["id"]
        agent.call("clear_chaos")
        agent.call("trigger_event", eventType="subscription.completed")
        assert agent.call("list_subscriptions")["documents"][0]["status"] == "completed"
        agent.call("reset_sandbox")
        assert agent.call("list_spv_requests")["count"] == 0


def scenarios_and_grades_have_verdicts(binary):
    with Agent(binary) as agent, Receiver() as receiver:
        assert "happy-path" in agent.call("list_scenarios")
        assert agent.call("run_scenario", scenario="happy-path").startswith("passed\n")
        assert "happy-path" in agent.call("run_scenario", wanted=False, scenario="hapy-path"), "names what was meant"
        # It takes every webhook, forged ones too.
        assert agent.call("certify_receiver", webhookUrl=receiver.url).startswith("failed\n")


def the_control_plane_has_the_tools_that_need_nothing_else(binary):
    with Sandbox(binary) as sandbox:
        def ask(method, **params):
            return sandbox.post("/_sandbox/mcp", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        names = {tool["name"] for tool in ask("tools/list")["result"]["tools"]}
        assert "advance_clock" in names and not names & {"start_sandbox", "trigger_event", "run_scenario"}, names
        partner = json.loads(ask("tools/call", name="register_partner", arguments={"name": "Over HTTP"})
                             ["result"]["content"][0]["text"])
        listed = json.loads(ask("tools/call", name="list_partners", arguments={})["result"]["content"][0]["text"])
        assert partner["clientId"] in [row["clientId"] for row in listed["documents"]]
        wrong = ask("tools/call", name="approve_spv_request", arguments={"slug": "svr_../..%2f"})["result"]
        assert wrong["isError"] is True, wrong
        wrong = ask("tools/call", name="register_partner", arguments={"name": "X", "webhookUrl": "nonsense"})["result"]
        assert wrong["isError"] is True and "webhookUrl" in wrong["content"][0]["text"], wrong
        note = sandbox.call("POST", "/_sandbox/mcp", {"jsonrpc": "2.0", "method": "notifications/initialized"})
        assert (note.status, note.body) == (202, b""), note
        assert sandbox.call("GET", "/_sandbox/mcp").status == 405
        assert sandbox.call("POST", "/_sandbox/mcp", {"jsonrpc": "2.0", "id": 1, "method": "ping"},
                            headers={"Origin": "https://evil.example"}).status == 403
        guide = expect(200, sandbox.call("GET", "/llms.txt"))
        assert guide.headers["Content-Type"].startswith("text/plain") and guide.body.startswith(b"# zest-sandbox\n"), guide


def nonsense_gets_an_answer_and_ends_nothing(binary):
    with Agent(binary) as agent:
        agent.process.stdin.write("{no json\n\n")
        agent.process.stdin.flush()
        assert json.loads(agent.process.stdout.readline())["error"]["code"] == -32700
        assert agent.ask("ping")["result"] == {}


if __name__ == "__main__":
    sys.exit(main([a_message_without_end_takes_no_more_than_one_may,
                   an_agent_finds_out_why_a_webhook_failed, tools_bring_the_application_through_the_whole_story,
                   scenarios_and_grades_have_verdicts, the_control_plane_has_the_tools_that_need_nothing_else,
                   nonsense_gets_an_answer_and_ends_nothing]))
