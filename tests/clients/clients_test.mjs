// What generators of clients make of the OpenAPI documents that a running sandbox serves. The packages of npm that it
// needs lie in ZEST_CLIENT_MODULES, see package.json.
import assert from 'node:assert/strict';
import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {copyFile, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {createInterface} from 'node:readline';
import {after, before, test} from 'node:test';
import {fileURLToPath} from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const TOOLS = join(process.env.ZEST_CLIENT_MODULES, 'node_modules', '.bin');
let sandbox;
let url;
let folder;
const documents = {};

async function run(command, args, options = {}) {
  const child = execFile(command, args, {cwd: folder, maxBuffer: 64 * 1024 * 1024, ...options});
  let text = '';
  child.stdout.on('data', (part) => { text += part; });
  child.stderr.on('data', (part) => { text += part; });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, `${command} ${args.join(' ')}\n${text}`);
  return text;
}
const tool = (name, ...args) => run(join(TOOLS, name), args, {env: {...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true'}});

async function call(method, path, body, headers = {}) {
  const answer = await fetch(url + path, {method, headers: {...(body !== undefined && {'Content-Type': 'application/json'}), ...headers}, body: body === undefined ? undefined : JSON.stringify(body)});
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zest-clients-'));
  sandbox = spawn(process.env.ZEST_SANDBOX_BINARY, ['serve', '--clock', 'manual', '--port', '0', '--log-level', 'error'], {stdio: ['ignore', 'pipe', 'inherit']});
  for await (const line of createInterface({input: sandbox.stdout})) {
    if (line.startsWith('{')) url = JSON.parse(line).url;
    if (line === 'Ready.') break;
  }
  sandbox.stdout.resume();
  for (const [name, path] of [['partner', '/openapi.json'], ['control', '/_sandbox/openapi.json']]) {
    documents[name] = await call('GET', path);
    await writeFile(join(folder, `${name}.json`), JSON.stringify(documents[name], null, 2));
  }
});
after(async () => {
  if (sandbox && sandbox.exitCode === null) {
    sandbox.kill('SIGTERM');
    await once(sandbox, 'exit');
  }
  await rm(folder, {recursive: true, force: true});
});

for (const name of ['partner', 'control']) {
  test(`Redocly finds no error in the ${name} document`, () => tool('redocly', 'lint', '--extends', 'recommended', '--skip-rule', 'info-license', '--format', 'stylish', `${name}.json`));

  test(`openapi-typescript makes types of the ${name} document that a strict program uses`, async () => {
    await tool('openapi-typescript', `${name}.json`, '--default-non-nullable', 'false', '-o', `${name}.d.ts`);
    await copyFile(join(HERE, `${name}.ts`), join(folder, `${name}-program.ts`));
    await tool('tsc', '--strict', '--noEmit', '--skipLibCheck', 'false', '--target', 'es2022', '--module', 'esnext', '--moduleResolution', 'bundler', `${name}-program.ts`);
  });
}

test('quicktype makes Python classes that read real answers and events, and write them again', async () => {
  // As JSON Schema: its definitions are the components.
  const definitions = JSON.parse(JSON.stringify(documents.partner.components.schemas).replaceAll('#/components/schemas/', '#/definitions/'));
  const names = ['SpvRequestResponse', 'AggregationResponse', 'InvestorBulkResponse', 'PartnerErrorResponse', 'SpvRequestCreatedEvent', 'SpvRequestCompletedEvent', 'InvestorCreatedEvent'];
  const root = {$schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', title: 'Api', properties: Object.fromEntries(names.map((name) => [name, {$ref: `#/definitions/${name}`}])), definitions};
  await writeFile(join(folder, 'schema.json'), JSON.stringify(root));
  await tool('quicktype', '--src-lang', 'schema', '--src', 'schema.json', '--lang', 'python', '--python-version', '3.7', '--top-level', 'Api', '--out', 'zest_api.py');

  const token = (await call('POST', '/_sandbox/partners/client_acme/token', {})).accessToken;
  const bearer = {Authorization: `Bearer ${token}`};
  const submitted = await call('POST', '/v1/spv-requests', await call('GET', '/v1/contracts/samples/1.0.0/syndicate_secondary'), {...bearer, 'Idempotency-Key': 'one'});
  await call('POST', `/_sandbox/spv-requests/${submitted.spvRequestSlug}/approve`, {});
  const person = {partnerInvestorId: 'inv-1', email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace', dateOfBirth: '1990-12-10'};
  const investors = await call('POST', '/v1/investors', {investors: [person, {...person, partnerInvestorId: 'inv-2', email: 'none'}]}, bearer);
  const envelopes = {};
  for (const {deliveryId} of (await call('GET', '/_sandbox/webhook-deliveries')).documents) {
    const {envelope} = await call('GET', `/_sandbox/webhook-deliveries/${deliveryId}`);
    envelopes[envelope.eventType] = envelope;
  }
  const refused = await (await fetch(`${url}/v1/spv-requests/svr_none`, {headers: bearer})).json();
  await writeFile(join(folder, 'answers.json'), JSON.stringify({SpvRequestResponse: submitted, AggregationResponse: await call('GET', '/v1/spv-requests', undefined, bearer), InvestorBulkResponse: investors,
    PartnerErrorResponse: refused, SpvRequestCreatedEvent: envelopes['spv_request.created'], SpvRequestCompletedEvent: envelopes['spv_request.completed'], InvestorCreatedEvent: envelopes['investor.created']}));
  // What the generated code takes from dateutil, which not everybody has.
  await mkdir(join(folder, 'dateutil'));
  await writeFile(join(folder, 'dateutil', '__init__.py'), '');
  await writeFile(join(folder, 'dateutil', 'parser.py'), 'from datetime import datetime\n\n\ndef parse(text):\n    return datetime.fromisoformat(text)\n');
  await copyFile(join(HERE, 'read_answers.py'), join(folder, 'read_answers.py'));
  await run('python3', ['read_answers.py']);
});
