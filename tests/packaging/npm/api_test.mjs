// The API of the npm package, each call of it at least once. ZEST_MODULES: a folder whose node_modules holds it.
import assert from 'node:assert';
import {spawn, spawnSync} from 'node:child_process';
import crypto from 'node:crypto';
import {createRequire} from 'node:module';
import http from 'node:http';
import path from 'node:path';
import {after, before, test} from 'node:test';

const require = createRequire(path.join(process.env.ZEST_MODULES, 'x.js'));
const {startSandbox, connectSandbox, verifyWebhook, signWebhook, SandboxError, WebhookVerificationError} = require('zest-sandbox');

let sandbox;
before(async () => { sandbox = await startSandbox({clock: 'manual', logLevel: 'warning'}); });
after(() => sandbox.stop());

async function pendingRequest(partner) {
  return partner.call('POST', '/v1/spv-requests', await partner.sample(), {idempotencyKey: crypto.randomUUID()});
}

test('a partner has credentials of its own, and tokens', async () => {
  const [one, two] = [await sandbox.partner(), await sandbox.partner({name: 'Two', clientId: 'client_two'})];
  assert.notEqual(one.clientId, two.clientId);
  assert.equal(two.clientId, 'client_two');
  assert.match(await one.token(), /^eyJ/);
  const info = await two.call('GET', '/v1/oauth2/info');
  assert.equal(info.clientId, 'client_two');
  const form = new URLSearchParams({grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: two.assertion()});
  const tokens = await sandbox.request('POST', '/v1/oauth2/tokens', form);
  assert.equal(tokens.expiresIn, 3600);
  await two.change({name: 'Zwei'});
  await two.remove();
  await assert.rejects(two.token(), (error) => error instanceof SandboxError && error.status === 404);
});

test('clocks are a partner\'s own', async () => {
  const partner = await sandbox.partner();
  const real = await sandbox.partner({clock: 'real'});
  assert.equal((await real.clock()).documents?.[0]?.mode ?? (await real.clock()).mode ?? 'real', 'real');
  const before = JSON.stringify(await sandbox.seeded().clock());
  await partner.advance({by: '1h'});
  await partner.advance('1h');
  await partner.setClock('real');
  await partner.setClock({mode: 'manual'});
  assert.equal(JSON.stringify(await sandbox.seeded().clock()), before);
});

test('review, deliveries and retries', async (t) => {
  const partner = await sandbox.partner();
  const request = await pendingRequest(partner);
  await assert.rejects(partner.complete('sub_nothing'), {status: 404});
  await partner.reject(request.spvRequestSlug, 'no');
  await assert.rejects(partner.approve(request.spvRequestSlug), {name: 'SandboxError', status: 409, code: 'conflict'});
  const types = (await partner.deliveries()).map((delivery) => delivery.eventType).sort();
  assert.deepEqual(types, ['spv_request.created', 'spv_request.rejected']);
  const seen = [];
  const receiver = http.createServer((incoming, response) => {
    seen.push(incoming.headers['zest-event-type']);
    response.writeHead(500).end();
  });
  t.after(() => receiver.close());
  await new Promise((ready) => receiver.listen(0, '127.0.0.1', ready));
  await partner.pauseWebhooks();
  await partner.change({webhookUrl: `http://127.0.0.1:${receiver.address().port}/`});
  await partner.resumeWebhooks();
  await partner.advance();
  const letters = await partner.deliveries({status: 'dead'});
  assert.deepEqual(letters.map((delivery) => delivery.attemptCount), [6, 6]);
  const [dead] = letters;
  await partner.retry(dead.deliveryId);
  await partner.waitIdle();
  assert.equal(seen.length, 13);
});

test('chaos, journal and its assertions', async () => {
  const partner = await sandbox.partner();
  const rule = await partner.chaos({on: 'api', match: {operation: 'createSpvRequest'}, action: {type: 'status', code: 503}});
  await assert.rejects(pendingRequest(partner), {status: 503, code: 'service_unavailable'});
  assert.equal((await partner.chaosRules())[0].hits, 1);
  await partner.removeChaos(rule.id);
  await pendingRequest(partner);
  await partner.removeChaos();
  const journal = await partner.requests({method: 'POST'});
  assert.deepEqual(journal.map((entry) => entry.status), [201, 503]);
  await partner.verify({method: 'POST', path: '/v1/spv-requests', status: 201});
  await partner.verify({method: 'POST'}, {atLeast: 1});
  await assert.rejects(partner.verify({method: 'DELETE'}), (error) => error instanceof assert.AssertionError &&
      /1.* calls of .*DELETE.* were expected, 0 came/.test(error.message));
});

test('coverage and explanations', async () => {
  const own = await sandbox.partner();
  await own.call('POST', '/v1/spv-requests', await own.sample(), {idempotencyKey: 'covered'});
  const met = await own.coverage();
  const counts = Object.fromEntries(met.dimensions.flatMap(({items}) => items.map(({id, count}) => [id, count])));
  assert.equal(counts['operations.createSpvRequest'], 1);
  await own.reset({keepCoverage: true});
  assert.equal((await own.coverage()).covered, met.covered);
  const refused = await own.call('GET', '/v1/spv-requests/svr_none').catch((error) => error);
  assert.equal((await own.explain(refused.errorId)).rule.id, 'spv.unknown');
  assert.ok((await sandbox.explain()).summary);
});

test('reset and snapshot', async () => {
  const own = await startSandbox({clock: 'manual', logLevel: 'off', db: undefined});
  const partner = own.seeded();
  await pendingRequest(partner);
  const snapshot = await own.snapshot();
  await own.reset({});
  assert.equal((await partner.deliveries()).length, 0);
  await own.restore(snapshot, {rewind: true});
  assert.equal((await partner.deliveries()).length, 1);
  assert.equal((await own.status()).version, require('zest-sandbox/package.json').version);
  const seen = await connectSandbox({url: `${own.url}/`});
  assert.equal((await seen.seeded().deliveries()).length, 1);
  await own.stop();
  await assert.rejects(connectSandbox({url: own.url}));
});

test('signatures', () => {
  const secret = 'whsec_0011';
  const body = '{"eventId":"wde_1","name":"Žofie"}';
  const now = new Date('2026-01-01T00:00:00Z');
  const header = signWebhook(body, secret, now);
  for (const headers of [{'zest-signature': header}, {'Zest-Signature': [header]}, new Headers({'Zest-Signature': header}),
    {'zest-signature': `v2=aa, ${header}`}, header]) {
    assert.equal(verifyWebhook(headers, Buffer.from(body), secret, {now}).name, 'Žofie');
  }
  const refused = (headers, text, pattern, options = {now}) => assert.throws(
      () => verifyWebhook(headers, text, secret, options),
      (error) => error instanceof WebhookVerificationError && pattern.test(error.message));
  refused({}, body, /no Zest-Signature/);
  refused({'zest-signature': 'v1=00'}, body, /no time/);
  refused({'zest-signature': header}, `${body} `, /does not fit/);
  refused({'zest-signature': `${header.slice(0, -1)}é`}, body, /does not fit/);
  refused({'zest-signature': header}, body, /300 seconds/, {now: new Date(now.getTime() + 301_000)});
  assert.throws(() => verifyWebhook({'zest-signature': header}, JSON.parse(body), secret), /raw body/);
  // A variable that is not set must not let in what anybody can sign.
  for (const none of ['', undefined]) assert.throws(() => verifyWebhook(signWebhook(body, none ?? ''), body, none), /needs the webhook secret/);
});

test('an option that is none, a busy port and a missing program are one sentence', async () => {
  await assert.rejects(startSandbox({noSuchOption: 1}), /has no option --no-such-option/);
  await assert.rejects(startSandbox({port: new URL(sandbox.url).port}), /--port 0/);
  await assert.rejects(startSandbox({binary: '/nowhere/zest-sandbox'}), /\/nowhere\/zest-sandbox cannot be run/);
});

test('a sandbox that is not there is said with its address', async () => {
  const gone = await startSandbox({logLevel: 'off'});
  await gone.stop();
  await assert.rejects(gone.status(), {message: new RegExp(`^GET /_sandbox/status: no answer from ${gone.url} \\(.+\\)$`)});
  await assert.rejects(connectSandbox({url: gone.url}), /no answer from/);
  await assert.rejects(connectSandbox({url: '127.0.0.1:8080'}), /is no address such as http:/);
});

test('on other systems the sentence names the container', () => {
  const {findProgram} = require('./node_modules/zest-sandbox/program.js');
  assert.throws(() => findProgram('darwin', 'arm64'), /no zest-sandbox program for darwin-arm64; run the container instead, docker run/);
  assert.throws(() => findProgram('linux', 'riscv64'), /zest-sandbox-linux-riscv64 is not installed/);
});

const script = require.resolve('zest-sandbox/package.json').replace('package.json', 'bin/zest-sandbox.js');

test('the command is the program: its output, exit code and signals', async () => {
  assert.match(spawnSync(process.execPath, [script, 'version'], {encoding: 'utf8'}).stdout, /^zest-sandbox \d/);
  assert.equal(spawnSync(process.execPath, [script, 'no-such-command']).status, 2);
  const serving = spawn(process.execPath, [script, 'serve', '--port', '0'], {stdio: ['ignore', 'pipe', 'ignore']});
  for await (const text of serving.stdout) if (String(text).includes('Ready.')) break;
  serving.kill('SIGTERM');
  assert.equal(await new Promise((ended) => serving.once('exit', ended)), 0);
});

test('a test run that is killed leaves no sandbox behind', async () => {
  const run = spawn(process.execPath, ['-e', `require('zest-sandbox').startSandbox({port: 0}).then((sandbox) => {
    console.log(sandbox.url); setInterval(() => {}, 1000); })`], {cwd: process.env.ZEST_MODULES, stdio: ['ignore', 'pipe', 'inherit']});
  const url = await new Promise((told) => run.stdout.once('data', (text) => told(String(text).trim())));
  assert.equal((await fetch(`${url}/_sandbox/readyz`)).status, 200);
  run.kill('SIGKILL');
  // Until nobody listens there; a sandbox that stays lets this test run into its limit.
  for (;;) {
    try {
      await fetch(`${url}/_sandbox/readyz`);
    } catch {
      break;
    }
  }
});

test('a test run that forgets to stop it ends all the same', () => {
  const run = spawnSync(process.execPath, ['-e', 'require("zest-sandbox").startSandbox().then(() => console.log("started"))'],
      {cwd: process.env.ZEST_MODULES, encoding: 'utf8', timeout: 60_000});
  assert.deepEqual([run.status, run.stdout], [0, 'started\n']);
});
