// The application of express-app.mjs under duplicates, and an approval that overtakes the request's own event.
import assert from 'node:assert';
import {after, before, test} from 'node:test';
import {startSandbox} from 'zest-sandbox';
import {makeApp} from './express-app.mjs';

let sandbox;
let server;
let partner;
let base;

before(async () => {
  sandbox = await startSandbox({clock: 'manual'});
  server = makeApp(() => partner.webhookSecret).listen(0, '127.0.0.1');
  await new Promise((ready) => server.once('listening', ready));
  base = `http://127.0.0.1:${server.address().port}`;
  partner = await sandbox.partner({webhookUrl: `${base}/webhooks`});
});

after(async () => {
  await sandbox.stop();
  server.close();
});

test('a deal stays approved whatever comes twice or late', async () => {
  await partner.chaos({on: 'webhook', match: {eventType: 'spv_request.created'}, action: {type: 'delay', by: '10m'}});
  await partner.chaos({on: 'webhook', match: {eventType: 'spv_request.completed'}, action: {type: 'duplicate', copies: 2}});
  const request = await partner.call('POST', '/v1/spv-requests', await partner.sample(), {idempotencyKey: 'deal-1'});
  await partner.approve(request.spvRequestSlug);
  await partner.advance();
  const deal = await (await fetch(`${base}/deals/${request.spvRequestSlug}`)).json();
  assert.equal(deal.status, 'approved');
});

test('a forged webhook is refused', async () => {
  const body = JSON.stringify({eventId: 'wde_0000000000000000'});
  const forged = await fetch(`${base}/webhooks`, {method: 'POST', body, headers: {
    'Content-Type': 'application/json', 'Zest-Signature': `t=${Math.floor(Date.now() / 1000)},v1=${'0'.repeat(64)}`}});
  assert.equal(forged.status, 401);
  const genuine = await fetch(`${base}/webhooks`, {method: 'POST', body: '{"eventId":"x","data":{}}', headers: {
    'Content-Type': 'application/json', 'Zest-Signature': partner.sign('{"eventId":"x","data":{}}')}});
  assert.equal(genuine.status, 200);
});
