// A partner's application, written from Zest's documentation with Node alone: takes webhooks, calls the Partner API, and
// says what it believes and did. Correct, unless told to have flaws:
//
//   PORT=0 PORTAL_FLAWS=no-dedup,regresses node portal.mjs
//
// flaws of the receiver
//   no-verification   takes any signature            no-dedup       does everything for each copy
//   regresses         the last to arrive wins        old-is-stale   drops what happened more than five minutes ago
//   ignores-completed knows no subscription.completed
//   ignores-pending   makes nothing of spv_request.created
// flaws of the client
//   no-retry          gives up after one try         fresh-key      another Idempotency-Key for each try
//   trusts-status     takes a 200 for rows that failed
// other ways to be right
//   answers-400       refuses forgeries with 400     answers-204    takes webhooks with 204
//   asynchronous      processes webhooks after its answer
//   queues            answers 202 to actions, and calls Zest later
//   own-only          knows the SPV requests that it made itself, and no others
//   own-subscriptions the same with subscriptions
//
// POST /webhooks; GET /state/<id>, /mails/<id>, /health; POST /deals, /investors, /subscriptions. Prints its port.
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';

const flaws = new Set((process.env.PORTAL_FLAWS ?? '').split(',').filter(Boolean));
const has = (flaw) => flaws.has(flaw);
const TOLERANCE_SECONDS = 300;
const STALE_MS = 5 * 60_000;
const LATER_MS = 120;
const TRIES = 7;

const seen = new Set();
const states = new Map();
const mails = new Map();
const own = new Set(); // SPV requests and subscriptions that it made
let newest = 0; // occurredAt of the newest event

function isGenuine(header, body) {
  if (has('no-verification')) return true;
  const fields = new Map(header.split(',').map((item) => {
    const equals = item.indexOf('=');
    return [item.slice(0, equals), item.slice(equals + 1)];
  }));
  const t = fields.get('t') ?? '';
  if (!/^\d+$/.test(t)) return false;
  const expected = crypto.createHmac('sha256', process.env.ZEST_WEBHOOK_SECRET).update(`${t}.`).update(body).digest('hex');
  const given = Buffer.from(fields.get('v1') ?? '');
  if (given.length !== expected.length || !crypto.timingSafeEqual(given, Buffer.from(expected))) return false;
  return Math.abs(Date.now() / 1000 - Number(t)) <= TOLERANCE_SECONDS;
}

const TOLD = {
  'investor.created': 'created',
  'signed_subscription_form.uploaded': 'form-uploaded',
  'funding_receipt.uploaded': 'funded',
};

function apply({eventId, eventType, occurredAt, data}) {
  if (!has('no-dedup') && seen.has(eventId)) return;
  seen.add(eventId);
  const at = Date.parse(occurredAt);
  newest = Math.max(newest, at);
  if (has('old-is-stale') && newest - at > STALE_MS) return;
  if (has('ignores-completed') && eventType === 'subscription.completed') return;
  if (has('own-only') && data.spvRequestSlug && !own.has(data.spvRequestSlug)) return;
  if (has('own-subscriptions') && data.subscriptionSlug && !own.has(data.subscriptionSlug)) return;
  if (has('ignores-pending') && eventType === 'spv_request.created') return;
  const id = data.subscriptionSlug ?? data.spvRequestSlug ?? data.zestPersonId;
  const mail = `${eventType} ${id}`;
  mails.set(mail, (mails.get(mail) ?? 0) + 1);
  const known = states.get(id);
  if (!has('regresses') && known && known.at > at) return;
  states.set(id, {at, status: data.status ?? TOLD[eventType]});
}

// ---- the client ----
const base = process.env.ZEST_SANDBOX_URL;
const clientId = process.env.ZEST_CLIENT_ID;
let token = null;

async function accessToken() {
  if (token && token.until > Date.now()) return token.value;
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = {iss: 'https://portal.example', sub: clientId, client_id: clientId, aud: base, iat: now, exp: now + 60,
    jti: crypto.randomUUID()};
  const text = `${part({alg: 'EdDSA', typ: 'JWT'})}.${part(claims)}`;
  const key = crypto.createPrivateKey(fs.readFileSync(process.env.ZEST_PRIVATE_KEY_FILE));
  const assertion = `${text}.${crypto.sign(null, Buffer.from(text), key).toString('base64url')}`;
  const answer = await fetch(`${base}/v1/oauth2/tokens`, {
    method: 'POST',
    body: new URLSearchParams({grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion}),
  });
  if (!answer.ok) throw new Error(`no token: ${answer.status} ${await answer.text()}`);
  const body = await answer.json();
  token = {value: body.accessToken, until: Date.now() + (body.expiresIn - 30) * 1000};
  return token.value;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function once(path, key, body) {
  return fetch(base + path, {
    method: 'POST',
    headers: {
      'Authorization': `Bearer ${await accessToken()}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': key,
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
}

// Tries again what may succeed: no answer, 5xx; with a new token after a 401, once.
async function call(path, intent, body) {
  let renewed = false;
  let last = null;
  for (let number = 1; number <= (has('no-retry') ? 1 : TRIES); ++number) {
    try {
      const answer = await once(path, has('fresh-key') ? crypto.randomUUID() : intent, body);
      const text = await answer.text();
      if (answer.status === 401 && !renewed) {
        renewed = true;
        token = null;
        continue;
      }
      last = {status: answer.status, body: JSON.parse(text)};
      if (answer.status < 500) return last;
    } catch (error) {
      last = {status: 502, body: {detail: String(error)}};
    }
    await pause(20 * 2 ** number);
  }
  return last;
}

async function requestSpv({id, attributes}) {
  const answer = await call('/v1/spv-requests', id,
    {templateId: 'syndicate_secondary', templateVersion: '1.0.0', attributes});
  own.add(answer.body.spvRequestSlug);
  return [answer.status, answer.body];
}

async function createInvestors({id, rows}) {
  const answer = await call('/v1/investors', id, {investors: rows});
  if (answer.status !== 200) return [answer.status, answer.body];
  const results = answer.body.results.map((row) => ({
    id: row.partnerInvestorId,
    accepted: has('trusts-status') || row.status !== 'failed',
    zestPersonId: row.zestPersonId,
    problem: has('trusts-status') ? undefined : row.error,
  }));
  return [200, {results, person: results.find((row) => row.zestPersonId)?.zestPersonId}];
}

async function subscribe({id, spv, rows}) {
  const answer = await call(`/v1/spvs/${spv}/subscriptions`, id, {subscriptions: rows});
  for (const row of answer.body.results ?? []) own.add(row.subscriptionSlug);
  return [answer.status, answer.body];
}

// ---- the server ----
async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function answer(request) {
  const {pathname} = new URL(request.url, 'http://portal');
  const id = pathname.split('/').pop();
  if (pathname === '/health') return [200, {ready: true}];
  if (pathname.startsWith('/state/')) return states.has(id) ? [200, {status: states.get(id).status}] : [404, {}];
  if (pathname.startsWith('/mails/')) {
    return [200, {count: mails.get(`${decodeURIComponent(pathname.split('/')[2])} ${id}`) ?? 0}];
  }
  const body = await bodyOf(request);
  const action = {'/deals': requestSpv, '/investors': createInvestors, '/subscriptions': subscribe}[pathname];
  if (action && has('queues')) {
    pause(LATER_MS).then(() => action(JSON.parse(body)));
    return [202, {queued: true}];
  }
  if (action) return action(JSON.parse(body));
  if (pathname !== '/webhooks') return [404, {}];
  if (!isGenuine(request.headers['zest-signature'] ?? '', body)) return [has('answers-400') ? 400 : 401, {}];
  if (has('asynchronous')) setTimeout(() => apply(JSON.parse(body)), LATER_MS);
  else apply(JSON.parse(body));
  return has('answers-204') ? [204, null] : [200, {}];
}

const server = http.createServer((request, response) => {
  answer(request)
    .catch((error) => [500, {detail: String(error)}])
    .then(([status, value]) => {
      response.writeHead(status, {'Content-Type': 'application/json'});
      response.end(value === null ? undefined : JSON.stringify(value));
    });
});
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => console.log(server.address().port));
