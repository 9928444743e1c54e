// A partner's application as far as it calls Zest: correct, or with the one flaw that FLAW names. No packages.
//   PORT=3000 FLAW=no-key ZEST_SANDBOX_URL=… ZEST_CLIENT_ID=… ZEST_PRIVATE_KEY_FILE=… node client.mjs
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';

const flaw = process.env.FLAW ?? '';
const base = process.env.ZEST_SANDBOX_URL;
const clientId = process.env.ZEST_CLIENT_ID;
const privateKey = fs.readFileSync(process.env.ZEST_PRIVATE_KEY_FILE);
const kTries = 6;
const kTimeoutMs = 1500;
const kMarginMs = 2000;  // a token is renewed so long before its end
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let token = null;  // {value, refresh, until}
let renewal = null;  // the one that runs
let spent = null;  // flaw spent-refresh: the first refresh token, for ever
let assertion = null;  // flaw one-assertion
const failures = new Map();  // for GET /failures/<id>: what is known of an order that failed

async function exchange(form) {
  const answer = await fetch(`${base}/v1/oauth2/tokens`, {method: 'POST', body: new URLSearchParams(form)});
  if (!answer.ok) return null;
  const got = await answer.json();
  spent ??= got.refreshToken;
  return {value: got.accessToken, refresh: got.refreshToken, until: Date.now() + (flaw === 'milliseconds' ? got.expiresIn : got.expiresIn * 1000 - kMarginMs)};
}

function makeAssertion() {
  const now = Math.floor(Date.now() / 1000) - ({'stale-assertion': 600, 'old-assertion': 40}[flaw] ?? 0);
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = `${encode({alg: 'EdDSA', typ: 'JWT'})}.${encode({
    iss: 'https://portal.example.com', sub: flaw === 'other-subject' ? 'portal' : clientId, client_id: clientId, aud: flaw === 'wrong-audience' ? 'https://api.example.com' : base, iat: now,
    exp: now + (flaw === 'long-assertion' ? 1800 : 60), jti: crypto.randomUUID(),
  })}`;
  return `${unsigned}.${crypto.sign(null, Buffer.from(unsigned), privateKey).toString('base64url')}`;
}

async function renew(refresh) {
  const byRefresh = refresh && flaw !== 'one-assertion' && await exchange({grant_type: 'refresh_token', refresh_token: refresh});
  if (byRefresh) return byRefresh;
  assertion = flaw === 'one-assertion' && assertion || makeAssertion();
  const got = await exchange({grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion});
  if (!got) throw new Error('Zest gives no token');
  return got;
}

// The token of all calls. A new one when it is the stale one or near its end; all callers wait for one renewal.
async function bearer(stale = null) {
  if (flaw === 'token-per-call') return (token = await renew(null)).value;
  const ended = token && flaw !== 'until-401' && Date.now() >= token.until;
  if (token && token.value !== stale && !ended) return token.value;
  if (flaw === 'refresh-at-once') return (token = await renew(token?.refresh)).value;
  renewal ??= renew(flaw === 'spent-refresh' ? spent : token?.refresh).finally(() => { renewal = null; });
  token = await renewal;
  return token.value;
}

class Refused extends Error {
  constructor(status, body) {
    super(body?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

async function write(path, intent, body) {
  let key = flaw === 'key-of-content' ? crypto.createHash('sha256').update(path).digest('hex') : `key-${intent}`;
  let renewed = false;
  let used = null;
  let last = null;
  for (let attempt = 1; attempt <= (flaw === 'no-end' ? 40 : kTries); ++attempt) {
    if (flaw === 'key-per-try') key = crypto.randomUUID();
    if (!used || flaw === 'token-per-call') used = await bearer();
    const headers = {'Content-Type': flaw === 'wrong-content-type' ? 'text/plain' : 'application/json', 'Authorization': `Bearer ${used}`};
    if (flaw !== 'no-key-at-all' && (flaw !== 'no-key' || path === '/v1/spv-requests')) headers['Idempotency-Key'] = key;
    let answer;
    let json;
    try {
      answer = await fetch(base + path,
          {method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(kTimeoutMs)});
      const empty = flaw === 'empty-is-fine' && answer.headers.get('Content-Length') === '0';
      json = empty ? {} : await answer.json().catch((error) => {
        if (answer.ok) throw error;  // an answer that was cut off tells nothing
        return null;
      });
    } catch (error) {
      if (error.name === 'TimeoutError' && flaw === 'timeout-is-final') throw error;
      last = error;
      answer = null;
    }
    if (answer?.ok) {
      if (flaw === 'strict-members' && 'futureMember' in json) throw new Refused(500, {detail: 'unknown member'});
      return json;
    }
    if (answer?.status === 401 && !renewed && flaw !== 'no-renewal') {
      renewed = flaw !== 'renews-on-and-on';
      used = flaw === 'token-per-call' ? null : await bearer(used);
      continue;
    }
    const transient = !answer || (answer.status === 429 && flaw !== '429-is-final') || answer.status >= 500;
    if (answer) last = new Refused(answer.status, json);
    if (flaw === 'blind-retry' ? attempt > 3 : !transient) throw last;
    if (flaw === 'no-retry') throw last;
    const retryAfter = flaw === 'ignores-retry-after' ? 0 : Number(answer?.headers.get('Retry-After') ?? 0) * 1000;
    if (flaw !== 'no-pause') await pause(Math.max(retryAfter, flaw === 'no-end' ? 5 : flaw === 'shorter-pauses' ? 1600 / 2 ** attempt : 100 * 2 ** attempt));
  }
  throw last;
}

async function requestSpv(order) {
  const made = await write('/v1/spv-requests', order.id,
      {templateId: order.templateId, templateVersion: order.templateVersion, attributes: order.attributes});
  if (flaw === 'polling') {
    (async () => {
      for (let i = 0; i < 20; ++i) {
        await pause(200);
        await fetch(`${base}/v1/spv-requests/${made.spvRequestSlug}`, {headers: {'Authorization': `Bearer ${token.value}`}})
            .catch(() => {});
      }
    })();
  }
  return {spvRequestSlug: made.spvRequestSlug, status: made.status};
}

async function createInvestors(order) {
  const made = await write('/v1/investors', order.id, {investors: order.rows});
  return flaw === 'status-only' ? {ok: true} : {results: made.results};
}

const routes = {'/deals': requestSpv, '/investors': createInvestors};

http.createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const say = (status, body) => {
    response.writeHead(status, {'Content-Type': 'application/json'}).end(JSON.stringify(body));
  };
  if (request.url === '/health') return say(200, {});
  if (request.method === 'GET') return say(200, failures.get(request.url.split('/').pop()) ?? {});
  const order = JSON.parse(Buffer.concat(chunks));
  try {
    say(200, await routes[request.url](order));
  } catch (error) {
    const body = {problem: error.message};
    if (flaw === 'logs-headers') console.error('failed with', token?.value);
    if (error.body?.validationErrors && flaw !== 'swallows-rows') body.rows = error.body.validationErrors;
    if (error.body?.validationErrors && flaw === 'swallows-rows') body.problem = 'invalid input';
    if (error.body?.errorId && flaw !== 'loses-error-id') failures.set(order.id, {errorId: error.body.errorId});
    say(502, body);
  }
}).listen(Number(process.env.PORT), '127.0.0.1');
