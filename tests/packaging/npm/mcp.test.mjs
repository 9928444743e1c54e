// The tools for coding agents, used by the official SDK's client: over standard input, and over HTTP.
import assert from 'node:assert';
import {test} from 'node:test';
import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {StdioClientTransport} from '@modelcontextprotocol/sdk/client/stdio.js';
import {StreamableHTTPClientTransport} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {startSandbox} from 'zest-sandbox';

async function connected(transport) {
  const client = new Client({name: 'test', version: '1.0.0'});
  await client.connect(transport);
  return client;
}

const textOf = (result) => result.content[0].text;

test('over standard input an agent starts a sandbox and brings an event about', async () => {
  const client = await connected(new StdioClientTransport({command: 'npx', args: ['--offline', 'zest-sandbox', 'mcp']}));
  assert.equal(client.getServerVersion().name, 'zest-sandbox');
  const {tools} = await client.listTools();
  assert.ok(tools.length > 20);
  const started = JSON.parse(textOf(await client.callTool({name: 'start_sandbox', arguments: {}})));
  assert.match(started.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const made = JSON.parse(textOf(await client.callTool({name: 'trigger_event', arguments: {eventType: 'spv_request.completed'}})));
  assert.match(made.spvRequestSlug, /^svr_/);
  const covered = JSON.parse(textOf(await client.callTool({name: 'coverage', arguments: {}})));
  assert.match(covered.missing['operations.cancelSpvRequest'], /^zest-sandbox trigger spv_request.cancelled --url http/);
  assert.equal(covered.missing['operations.createSpvRequest'], undefined);
  const why = JSON.parse(textOf(await client.callTool({name: 'explain', arguments: {id: made.spvRequestSlug}})));
  assert.ok(why.summary && why.history.length > 0, JSON.stringify(why));
  const wrong = await client.callTool({name: 'approve_spv_request', arguments: {slug: made.spvRequestSlug}});
  assert.equal(wrong.isError, true);
  await client.close();
});

test('over HTTP an agent reads the state of a sandbox that runs', async () => {
  const sandbox = await startSandbox({clock: 'manual'});
  const client = await connected(new StreamableHTTPClientTransport(new URL(`${sandbox.url}/_sandbox/mcp`)));
  const {tools} = await client.listTools();
  assert.ok(tools.some((tool) => tool.name === 'advance_clock'));
  assert.ok(!tools.some((tool) => tool.name === 'start_sandbox'));
  await client.callTool({name: 'advance_clock', arguments: {by: '1h'}});
  const status = JSON.parse(textOf(await client.callTool({name: 'sandbox_status', arguments: {}})));
  assert.ok(status.version);
  await fetch(`${sandbox.url}/v1/oauth2/info`);
  const last = JSON.parse(textOf(await client.callTool({name: 'explain', arguments: {id: 'last'}})));
  assert.equal(last.rule.id, 'auth.bearer');
  const covered = JSON.parse(textOf(await client.callTool({name: 'coverage', arguments: {clientId: 'client_acme'}})));
  assert.equal(covered.covered, 1);
  assert.ok(!('errors.invalid_token' in covered.missing));
  await client.close();
  await sandbox.stop();
});
