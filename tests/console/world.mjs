// A sandbox (the real binary), a receiver of its webhooks and a browser, for the tests of the console. Everything waits
// for a sign on the page or a line of the sandbox, never for time to pass.
import {spawn} from 'node:child_process';
import {createServer} from 'node:http';
import {createRequire} from 'node:module';
import {once} from 'node:events';
import {createInterface} from 'node:readline';

const MODULES = process.env.ZEST_BROWSER_MODULES;
const load = createRequire(`${MODULES}/package.json`);
export const {chromium} = load('playwright-core');
export const AXE = load.resolve('axe-core/axe.min.js');
export const BINARY = process.env.ZEST_SANDBOX_BINARY;
// With ZEST_CONSOLE_DIR the console's files come from a folder, for who works on them.
const FOLDER = process.env.ZEST_CONSOLE_DIR ? ['--console-dir', process.env.ZEST_CONSOLE_DIR] : [];
const PATIENCE = 60_000; // ms until something that hangs fails the test

/** A receiver; `fails(eventType)` decides what it answers, or `?status=` of its address. */
export async function startReceiver() {
  const receiver = {fails: () => false, seen: []};
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', () => {
      const type = request.headers['zest-event-type'];
      receiver.seen.push({type, headers: request.headers, body});
      response.statusCode = new URL(request.url, receiver.url).searchParams.get('status') ?? (receiver.fails(type) ? 500 : 200);
      response.end(receiver.fails(type) ? '{"error":"the database is locked"}' : '{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  receiver.url = `http://127.0.0.1:${server.address().port}/hooks`;
  receiver.stop = () => new Promise((done) => {
    server.close(done);
    server.closeAllConnections();
  });
  return receiver;
}

/** `zest-sandbox serve` with a manual clock; `port` 0 takes a free one. */
export async function startSandbox(options = [], port = 0) {
  const child = spawn(BINARY, ['serve', '--clock', 'manual', '--port', String(port), '--log-level', 'error', ...FOLDER, ...options], {stdio: ['ignore', 'pipe', 'inherit']});
  const sandbox = {child};
  for await (const line of createInterface({input: child.stdout})) {
    if (line.startsWith('{')) sandbox.url = JSON.parse(line).url;
    if (line === 'Ready.') break;
  }
  child.stdout.resume();
  if (!sandbox.url) throw new Error('the sandbox did not start');
  sandbox.port = Number(new URL(sandbox.url).port);
  sandbox.call = async (method, path, body, headers = {}) => {
    const answer = await fetch(sandbox.url + path, {method, headers: {...(body !== undefined && {'Content-Type': 'application/json'}), ...headers}, body: body === undefined ? undefined : JSON.stringify(body)});
    const text = await answer.text();
    return {status: answer.status, body: text ? JSON.parse(text) : undefined};
  };
  sandbox.submit = async (key, attributes = {}, client = 'client_acme') => {
    const token = (await sandbox.call('POST', `/_sandbox/partners/${client}/token`, {})).body.accessToken;
    const sample = (await sandbox.call('GET', '/v1/contracts/samples/1.0.0/syndicate_secondary')).body;
    return sandbox.call('POST', '/v1/spv-requests', {...sample, attributes: {...sample.attributes, ...attributes}}, {Authorization: `Bearer ${token}`, 'Idempotency-Key': key});
  };
  sandbox.stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  return sandbox;
}

export async function startBrowser() {
  return chromium.launch({executablePath: process.env.ZEST_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage']});
}

/** A page whose errors, refusals of the policy included, fail the test at its end. */
export async function openPage(browser, url, {width = 1440, height = 900, theme = 'light'} = {}) {
  const context = await browser.newContext({viewport: {width, height}, colorScheme: theme, permissions: ['clipboard-read', 'clipboard-write']});
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text())) page.problems.push(message.text());
  });
  await page.goto(url);
  return page;
}
