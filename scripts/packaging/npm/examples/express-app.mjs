// An application with Express that receives webhooks: verified, each event once, the newest state by occurredAt.
import express from 'express';
import {verifyWebhook, WebhookVerificationError} from 'zest-sandbox';

export function makeApp(secret) {
  const app = express();
  const seen = new Set();
  const requests = new Map();  // slug -> {status, occurredAt}

  // The raw body: a parsed one has lost the bytes that were signed.
  app.post('/webhooks', express.raw({type: 'application/json'}), (request, response) => {
    let event;
    try {
      event = verifyWebhook(request.headers, request.body, secret());
    } catch (error) {
      if (error instanceof WebhookVerificationError) return response.status(401).json({error: error.message});
      throw error;
    }
    if (!seen.has(event.eventId)) {
      seen.add(event.eventId);
      const {spvRequestSlug, status} = event.data;
      const known = requests.get(spvRequestSlug);
      if (spvRequestSlug && !(known?.occurredAt > event.occurredAt)) {
        requests.set(spvRequestSlug, {status, occurredAt: event.occurredAt});
      }
    }
    response.status(200).end();
  });

  app.get('/deals/:slug', (request, response) => {
    const known = requests.get(request.params.slug);
    if (known) return response.json(known);
    response.status(404).end();
  });
  return app;
}
