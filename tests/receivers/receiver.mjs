// A partner's webhook receiver, written from Zest's documentation with Node alone. Correct, unless told otherwise:
//
//   node receiver.mjs --secret whsec_… [--port N] [--json-first] [--naive-buffers] [--dies]
//
//   --json-first     lets a JSON parser have the body, and verifies what it writes again
//   --naive-buffers  compares buffers of different lengths, which throws
//   --dies           ends with the first exception
//
// POST /webhooks takes webhooks, GET /state/<slug> tells what the application makes of them. Prints its port.
import crypto from 'node:crypto';
import http from 'node:http';
import {parseArgs} from 'node:util';

const {values: options} = parseArgs({options: {
  'secret': {type: 'string'},
  'port': {type: 'string', default: '0'},
  'json-first': {type: 'boolean', default: false},
  'naive-buffers': {type: 'boolean', default: false},
  'dies': {type: 'boolean', default: false},
}});
const TOLERANCE_SECONDS = 300;
const seen = new Set();
const resources = new Map();

function isGenuine(header, body) {
  const fields = new Map(header.split(',').map((item) => {
    const equals = item.indexOf('=');
    return [item.slice(0, equals), item.slice(equals + 1)];
  }));
  const t = fields.get('t') ?? '';
  if (!/^\d+$/.test(t)) return false;
  const signed = options['json-first'] ? JSON.stringify(JSON.parse(body)) : body;
  const expected = crypto.createHmac('sha256', options.secret).update(`${t}.`).update(signed).digest('hex');
  const given = Buffer.from(fields.get('v1') ?? '');
  if (given.length !== expected.length && !options['naive-buffers']) return false;
  if (!crypto.timingSafeEqual(given, Buffer.from(expected))) return false;
  return Math.abs(Date.now() / 1000 - Number(t)) <= TOLERANCE_SECONDS;
}

function apply({eventId, eventType, occurredAt, data}) {
  if (seen.has(eventId)) return;
  seen.add(eventId);
  const slug = data.subscriptionSlug ?? data.spvRequestSlug ?? data.zestPersonId;
  const known = resources.get(slug);
  if (known && known.occurredAt > occurredAt) return;
  resources.set(slug, {occurredAt, last: eventType, changes: (known?.changes ?? 0) + 1});
}

async function answer(request) {
  if (request.method === 'GET') {
    const known = resources.get(request.url.split('/').pop());
    return known ? [200, `${known.last}, change ${known.changes}\n`] : [404, 'unknown\n'];
  }
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (!isGenuine(request.headers['zest-signature'] ?? '', body)) return [401, 'not genuine\n'];
  apply(JSON.parse(body));
  return [204, ''];
}

const server = http.createServer((request, response) => {
  answer(request)
      .catch(() => options.dies ? process.exit(1) : [500, 'Internal Server Error\n'])
      .then(([status, text]) => response.writeHead(status).end(text));
});
server.listen(Number(options.port), '127.0.0.1', () => console.log(server.address().port));
