// With node:test: the application's receiver is down for two hours, and then has everything once.
import assert from 'node:assert';
import http from 'node:http';
import {after, before, test} from 'node:test';
import {startSandbox, verifyWebhook} from 'zest-sandbox';

let sandbox;
let receiver;
const state = {healthy: false, events: [], secret: ''};

before(async () => {
  sandbox = await startSandbox({clock: 'manual'});
  receiver = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (!state.healthy) return response.writeHead(500).end();
    state.events.push(verifyWebhook(request.headers, Buffer.concat(chunks), state.secret));
    response.writeHead(200).end();
  });
  await new Promise((ready) => receiver.listen(0, '127.0.0.1', ready));
});

after(async () => {
  await sandbox.stop();
  receiver.close();
});

test('what was missed arrives once the receiver is back', async () => {
  const partner = await sandbox.partner({webhookUrl: `http://127.0.0.1:${receiver.address().port}/webhooks`});
  state.secret = partner.webhookSecret;
  const request = await partner.call('POST', '/v1/spv-requests', await partner.sample(), {idempotencyKey: 'order-1'});

  await partner.advance('2h');
  const [delivery] = await partner.deliveries();
  const {attempts} = await partner.delivery(delivery.deliveryId);
  assert.deepEqual(attempts.map((attempt) => attempt.offsetSeconds), [0, 30, 330, 2130]);

  state.healthy = true;
  await partner.approve(request.spvRequestSlug);
  await partner.advance();
  assert.deepEqual(state.events.map((event) => event.eventType).sort(), ['spv_request.completed', 'spv_request.created']);
});
