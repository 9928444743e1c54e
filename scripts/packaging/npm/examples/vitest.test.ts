// With vitest and types: the event's type says which members its data has.
import {afterAll, beforeAll, expect, test} from 'vitest';
import {startSandbox, verifyWebhook, type Sandbox, type SubscriptionCompletedEvent, type WebhookEvent} from 'zest-sandbox';

let sandbox: Sandbox;
beforeAll(async () => { sandbox = await startSandbox({clock: 'manual', seed: 1}); });
afterAll(() => sandbox.stop());

function headline(event: WebhookEvent): string {
  switch (event.eventType) {
    case 'spv_request.rejected': return `${event.data.spvRequestSlug}: ${event.data.rejectionReason}`;
    case 'investor.created': return `${event.data.firstName} is in`;
    default: return event.eventType;
  }
}

test('a rejection names its reason', async () => {
  const partner = await sandbox.partner();
  const request = await partner.call('POST', '/v1/spv-requests', await partner.sample(), {idempotencyKey: 'vitest-1'});
  await partner.reject(request.spvRequestSlug, 'the fee is too high');
  const [newest] = await partner.deliveries({eventType: 'spv_request.rejected'});
  const {envelope} = await partner.delivery(newest.deliveryId);
  expect(headline(envelope)).toBe(`${request.spvRequestSlug}: the fee is too high`);
});

test('a signature made here verifies here', async () => {
  const partner = await sandbox.partner();
  const done: Pick<SubscriptionCompletedEvent, 'eventType'> = {eventType: 'subscription.completed'};
  const body = JSON.stringify(done);
  expect(verifyWebhook({'zest-signature': partner.sign(body)}, body, partner.webhookSecret)).toEqual(done);
  expect(() => verifyWebhook({}, body, partner.webhookSecret)).toThrow('no Zest-Signature');
});
