'use strict';
// A sandbox of the Zest Partner API for tests: starts the program, and talks to its control plane. No dependencies.
const {AssertionError} = require('node:assert');
const {spawn} = require('node:child_process');
const crypto = require('node:crypto');
const {findProgram} = require('./program.js');

const STARTING = 60_000;   // ms (wall) until a start that says nothing is given up
const STOPPING = 10_000;   // ms; the program itself ends within 5 s
const TOLERANCE = 300;     // s; Zest docs: webhooks/signatures
const LAST_LINES = 40;     // of its log that an error quotes from

/** What the sandbox answered when it did not do what it was asked. */
class SandboxError extends Error {
  constructor(status, body, what) {
    const rows = (body?.validationErrors ?? []).map((row) => `${row.field} ${row.message}`).join('; ');
    super(`${what}: ${status} ${body?.detail ?? ''}${rows && `: ${rows}`}`);
    this.name = 'SandboxError';
    this.status = status;
    this.code = body?.code;
    this.errorId = body?.errorId;
    this.body = body;
  }
}

/** Why a webhook is not to be trusted. */
class WebhookVerificationError extends Error {
  constructor(reason) {
    super(reason);
    this.name = 'WebhookVerificationError';
  }
}

function signature(secret, seconds, body) {
  return crypto.createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex');
}

/** The value of a Zest-Signature header. */
function signWebhook(rawBody, secret, at = new Date()) {
  const seconds = Math.floor(at.getTime() / 1000);
  return `t=${seconds},v1=${signature(secret, seconds, rawBody)}`;
}

function headerOf(headers, name) {
  if (typeof headers === 'string') return headers;
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined;
  for (const [key, value] of Object.entries(headers)) {
    if (key.toLowerCase() === name) return Array.isArray(value) ? value.join(',') : value;
  }
  return undefined;
}

/** The event, when its signature and age are right; throws a WebhookVerificationError otherwise. */
function verifyWebhook(headers, rawBody, secret, {now = new Date(), tolerance = TOLERANCE} = {}) {
  if (typeof rawBody !== 'string' && !(rawBody instanceof Uint8Array)) {
    throw new TypeError('verifyWebhook needs the raw body, a string or bytes as they came: not parsed JSON ' +
        '(with Express: express.raw({type: "application/json"}))');
  }
  // Whoever knows that a secret is empty can sign with it.
  if (typeof secret !== 'string' || secret === '') throw new TypeError('verifyWebhook needs the webhook secret of the partner, whsec_…');
  const header = headerOf(headers, 'zest-signature');
  if (!header) throw new WebhookVerificationError('there is no Zest-Signature header');
  const fields = header.split(',').map((field) => field.trim().split('='));
  const time = fields.find(([name]) => name === 't')?.[1] ?? '';
  if (!/^\d{1,12}$/.test(time)) throw new WebhookVerificationError('Zest-Signature has no time');
  if (Math.abs(now.getTime() / 1000 - Number(time)) > tolerance) {
    throw new WebhookVerificationError(`Zest-Signature is more than ${tolerance} seconds old or ahead`);
  }
  const expected = Buffer.from(signature(secret, time, rawBody));
  const right = fields.some(([name, value = '']) => {
    const given = Buffer.from(value);
    return name === 'v1' && given.length === expected.length && crypto.timingSafeEqual(given, expected);
  });
  if (!right) throw new WebhookVerificationError('Zest-Signature does not fit the body and the secret');
  return JSON.parse(Buffer.from(rawBody).toString('utf8'));
}

function query(members) {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return given.length ? `?${new URLSearchParams(given)}` : '';
}

/** Calls that mean all partners, or one: the clientId of a Scope goes with each of them. */
class Scope {
  #sandbox;

  constructor(sandbox, clientId) {
    this.#sandbox = sandbox ?? this;
    Object.defineProperty(this, 'clientId', {value: clientId, enumerable: true, configurable: true, writable: true});
  }

  get scope() { return {}; }

  control(method, path, body) {
    return this.#sandbox.request(method, path, body, this.#sandbox.adminToken);
  }

  approve(spvRequestSlug) {
    return this.control('POST', `/_sandbox/spv-requests/${encodeURIComponent(spvRequestSlug)}/approve`, {});
  }

  reject(spvRequestSlug, reason) {
    return this.control('POST', `/_sandbox/spv-requests/${encodeURIComponent(spvRequestSlug)}/reject`, {reason});
  }

  complete(subscriptionSlug, options = {}) {
    return this.control('POST', `/_sandbox/subscriptions/${encodeURIComponent(subscriptionSlug)}/complete`, options);
  }

  clock() { return this.control('GET', `/_sandbox/clock${query(this.scope)}`); }

  setClock(change) {
    return this.control('PUT', '/_sandbox/clock', {...this.scope, ...(typeof change === 'string' ? {mode: change} : change)});
  }

  advance(target = {until: 'idle'}) {
    const step = typeof target === 'string' ? {by: target} : target;
    return this.control('POST', '/_sandbox/clock/advance', {...this.scope, ...step});
  }

  wait(condition) { return this.control('POST', '/_sandbox/wait', {...this.scope, ...condition}); }

  waitIdle({timeout = '15s'} = {}) { return this.wait({until: 'idle', timeout}); }

  async deliveries(filter = {}) {
    const list = await this.control('GET', `/_sandbox/webhook-deliveries${query({perPage: 100, ...this.scope, ...filter})}`);
    return list.documents;
  }

  delivery(deliveryId) { return this.control('GET', `/_sandbox/webhook-deliveries/${encodeURIComponent(deliveryId)}`); }

  retry(deliveryId) {
    return this.control('POST', `/_sandbox/webhook-deliveries/${encodeURIComponent(deliveryId)}/retry`, {});
  }

  pauseWebhooks() { return this.control('POST', '/_sandbox/webhooks/pause', this.scope); }

  resumeWebhooks() { return this.control('POST', '/_sandbox/webhooks/resume', this.scope); }

  chaos(rule) { return this.control('POST', '/_sandbox/chaos/rules', {...this.scope, ...rule}); }

  async chaosRules() { return (await this.control('GET', `/_sandbox/chaos/rules${query(this.scope)}`)).documents; }

  removeChaos(ruleId) {
    const path = ruleId === undefined ? query(this.scope) : `/${encodeURIComponent(ruleId)}`;
    return this.control('DELETE', `/_sandbox/chaos/rules${path}`);
  }

  async requests(filter = {}) {
    return (await this.control('GET', `/_sandbox/requests${query({perPage: 100, ...this.scope, ...filter})}`)).documents;
  }

  async verify(match, times = 1) {
    const count = typeof times === 'number' ? {count: times} : times;
    const answer = await this.control('POST', '/_sandbox/requests/verify', {...this.scope, match, ...count});
    if (answer.verified) return answer;
    const near = (answer.nearestMisses ?? []).map((miss) => JSON.stringify(miss)).join('\n  ');
    throw new AssertionError({
      message: `${JSON.stringify(count)} calls of ${JSON.stringify(match)} were expected, ${answer.count} came` +
          (near && `; nearest:\n  ${near}`),
      actual: answer.count, expected: count, operator: 'verify',
    });
  }

  coverage() { return this.control('GET', `/_sandbox/coverage${query(this.scope)}`); }

  explain(id = 'last') { return this.control('GET', `/_sandbox/explain/${encodeURIComponent(id)}`); }

  reset(options = {}) { return this.control('POST', '/_sandbox/reset', {...this.scope, ...options}); }
}

/** One partner application of a sandbox: its own clock, data, deliveries and rules. */
class Partner extends Scope {
  #sandbox;
  #token;

  constructor(sandbox, document) {
    super(sandbox, document.clientId);
    this.#sandbox = sandbox;
    this.webhookSecret = document.webhookSecret;
    this.privateKeyPem = document.privateKeyPem;
  }

  get scope() { return {clientId: this.clientId}; }

  async token() {
    const pair = await this.control('POST', `/_sandbox/partners/${encodeURIComponent(this.clientId)}/token`, {});
    return pair.accessToken;
  }

  /** A signed assertion, for tests of an application's own way to a token. */
  assertion({audience = this.#sandbox.url, issuer = 'https://api.partner.example', lifetime = 60, ...claims} = {}) {
    if (!this.privateKeyPem) throw new Error(`the private key of ${this.clientId} is not known here`);
    const now = Math.floor(Date.now() / 1000);
    const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${encode({alg: 'EdDSA', typ: 'JWT'})}.${encode({
      iss: issuer, sub: this.clientId, client_id: this.clientId, aud: audience, iat: now, exp: now + lifetime, ...claims,
    })}`;
    return `${unsigned}.${crypto.sign(null, Buffer.from(unsigned), this.privateKeyPem).toString('base64url')}`;
  }

  sign(rawBody, at) { return signWebhook(rawBody, this.webhookSecret, at); }

  verifyWebhook(headers, rawBody, options) { return verifyWebhook(headers, rawBody, this.webhookSecret, options); }

  /** A call of the Partner API as this partner. */
  async call(method, path, body, {idempotencyKey, headers = {}} = {}) {
    this.#token ??= this.token();
    const fields = idempotencyKey === undefined ? headers : {'Idempotency-Key': idempotencyKey, ...headers};
    try {
      return await this.#sandbox.request(method, path, body, await this.#token, fields);
    } catch (error) {
      if (error.status === 401) this.#token = undefined;  // a reset may have revoked it
      throw error;
    }
  }

  async sample(template = 'syndicate_secondary', version = '1.0.0') {
    return this.call('GET', `/v1/contracts/samples/${encodeURIComponent(version)}/${encodeURIComponent(template)}`);
  }

  change(members) { return this.control('PATCH', `/_sandbox/partners/${encodeURIComponent(this.clientId)}`, members); }

  remove() { return this.control('DELETE', `/_sandbox/partners/${encodeURIComponent(this.clientId)}`); }
}

/** A sandbox that runs. */
class Sandbox extends Scope {
  #stop;

  constructor(told, stop) {
    super();
    this.url = told.url;
    this.clientId = told.clientId;
    this.webhookSecret = told.webhookSecret;
    this.adminToken = told.adminToken;
    this.#stop = stop;
  }

  /** Any call of either API; the answer's JSON. Throws a SandboxError unless it is a success. */
  async request(method, path, body, bearer, headers = {}) {
    const fields = {...headers};
    if (bearer) fields.Authorization = `Bearer ${bearer}`;
    const plain = body !== undefined && !(body instanceof FormData) && !(body instanceof URLSearchParams);
    if (plain) fields['Content-Type'] ??= 'application/json';
    let answer;
    let text;
    try {
      answer = await fetch(this.url + path, {method, headers: fields, body: plain ? JSON.stringify(body) : body});
      text = await answer.text();
    } catch (error) {
      throw new Error(`${method} ${path}: no answer from ${this.url} (${error.cause?.message ?? error.message})`, {cause: error});
    }
    let json;
    try {
      json = text === '' ? undefined : JSON.parse(text);
    } catch {
      json = undefined;
    }
    if (!answer.ok) throw new SandboxError(answer.status, json, `${method} ${path}`);
    return json;
  }

  /** A new partner, with a clock of its own that behaves as the sandbox's unless `clock` says otherwise. */
  async partner({clock, name = 'Test partner', ...members} = {}) {
    const partner = new Partner(this, await this.control('POST', '/_sandbox/partners', {name, ...members}));
    if (clock) await partner.setClock(clock);
    return partner;
  }

  /** The partner that exists without any configuration. */
  seeded() { return new Partner(this, {clientId: this.clientId, webhookSecret: this.webhookSecret}); }

  snapshot() { return this.control('GET', '/_sandbox/snapshot'); }

  restore(snapshot, {rewind = false} = {}) {
    return this.control('PUT', `/_sandbox/snapshot${rewind ? '?rewind=true' : ''}`, snapshot);
  }

  status() { return this.control('GET', '/_sandbox/status'); }

  stop() { return this.#stop(); }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() { await this.stop(); }
}

// {clock: 'manual', timeScale: 60, requireHttps: true} -> --clock manual --time-scale 60 --require-https
function flagsOf(options) {
  const flags = [];
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === false) continue;
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    for (const one of Array.isArray(value) ? value : [value]) flags.push(...(one === true ? [flag] : [flag, String(one)]));
  }
  return flags;
}

/** Starts a sandbox on a free port of this machine, as `zest-sandbox serve` with these options. */
async function startSandbox({binary, args = [], env = {}, onLog, ...options} = {}) {
  const program = binary ?? findProgram();
  const child = spawn(program, ['serve', ...flagsOf({port: 0, endWithInput: true, ...options}), ...args],
      {env: {...process.env, ...env}, stdio: ['pipe', 'pipe', 'pipe']});
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  const log = [];
  const listen = (stream, take) => {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      lines.forEach(take);
    });
  };
  listen(child.stderr, (line) => {
    log.push(line);
    if (log.length > LAST_LINES) log.shift();
    onLog?.(line);
  });
  const told = await new Promise((resolve, reject) => {
    let announced;
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the sandbox did not start within ${STARTING / 1000} s:\n${log.join('\n')}`));
    }, STARTING);
    listen(child.stdout, (line) => {
      if (line.startsWith('{')) announced = JSON.parse(line);
      if (line.trim() !== 'Ready.') return;
      clearTimeout(timer);
      resolve(announced);
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`${program} cannot be run: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`the sandbox did not start (${signal ?? code}): ${log.join('\n').replace(/^zest-sandbox: /, '')}`));
    });
  });
  // A test run that forgets to stop it still ends: the program ends with its input.
  for (const handle of [child, child.stdin, child.stdout, child.stderr]) handle.unref?.();
  return new Sandbox(told, async () => {
    child.ref();
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOPPING);
    await ended;
    clearTimeout(timer);
  });
}

/** A sandbox that somebody else has started: by hand, in a container, by `zest-sandbox exec`. */
async function connectSandbox({url = process.env.ZEST_SANDBOX_URL, adminToken = process.env.ZEST_SANDBOX_ADMIN_TOKEN,
  clientId = process.env.ZEST_CLIENT_ID ?? 'client_acme', webhookSecret = process.env.ZEST_WEBHOOK_SECRET} = {}) {
  if (!url) throw new Error('say with `url` or ZEST_SANDBOX_URL where the sandbox is');
  if (!/^https?:\/\/[^/]/.test(url)) throw new Error(`"${url}" is no address such as http://127.0.0.1:8080`);
  const sandbox = new Sandbox({url: url.replace(/\/$/, ''), clientId, webhookSecret, adminToken}, async () => {});
  await sandbox.status();
  return sandbox;
}

exports.startSandbox = startSandbox;
exports.connectSandbox = connectSandbox;
exports.verifyWebhook = verifyWebhook;
exports.signWebhook = signWebhook;
exports.Sandbox = Sandbox;
exports.Partner = Partner;
exports.SandboxError = SandboxError;
exports.WebhookVerificationError = WebhookVerificationError;
