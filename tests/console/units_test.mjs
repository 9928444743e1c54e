// The pure parts of the console, without a browser.
import assert from 'node:assert/strict';
import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';

globalThis.location = {hash: '', origin: 'http://127.0.0.1:8080'};
globalThis.window = {addEventListener() {}};
const sources = '../../server/console';
const {Scale, ticks, tickText} = await import(`${sources}/timeline/scale.js`);
const {cluster, groupDeliveries, layoutRows, rowAt} = await import(`${sources}/timeline/layout.js`);
const {marksOf} = await import(`${sources}/timeline/marks.js`);
const {deliveryNote, plannedAttempts, whyFailed} = await import(`${sources}/facts.js`);
const {duration, shellWord, visible} = await import(`${sources}/text.js`);
const {hashOf, parseHash} = await import(`${sources}/router.js`);
const {isSafeLink} = await import(`${sources}/dom.js`);
const {parser} = await import(`${sources}/stream.js`);
const {exampleOf, typeText} = await import(`${sources}/docs/schema.js`);

const START = Date.parse('2026-01-01T00:00:00.000Z');
const LADDER = [0, 30, 330, 2130, 9330, 52530].map((seconds) => START + seconds * 1000);
const at = (ms) => new Date(ms).toISOString();
const delivery = (more) => ({deliveryId: 'wde_1', clientId: 'c', eventType: 'investor.created', subject: 'psn_1', status: 'retrying', schedule: 1, attemptCount: 0, createdAt: at(START), attempts: [], ...more});
const failed = (number) => ({kind: 'scheduled', schedule: 1, number, virtualTime: at(LADDER[number - 1]), wallTime: at(LADDER[number - 1]), offsetSeconds: (LADDER[number - 1] - START) / 1000, latencyMs: 1, outcome: 'failed', failure: 'status', responseStatus: 500});

test('the scale keeps the order of time and can be read backwards', () => {
  for (const linear of [false, true]) {
    const scale = new Scale(LADDER, {linear});
    for (let ms = START - 5000; ms < LADDER[5] + 3_600_000; ms += 777_000) {
      assert.ok(scale.place(ms) < scale.place(ms + 1000));
      assert.ok(Math.abs(scale.at(scale.place(ms)) - ms) < 2, `${linear} ${ms}`);
    }
  }
});

test('the first second and fifteen hours are both readable', () => {
  const scale = new Scale([START, START + 1000, ...LADDER]);
  const whole = scale.place(LADDER[5]);
  assert.ok(scale.place(START + 1000) / whole > 0.015);
  assert.ok((scale.place(LADDER[5]) - scale.place(LADDER[4])) / whole < 0.4);
  assert.ok(ticks(scale, 0, whole, whole / 10).length >= 5);
});

test('an axis of many waits has ticks that are instants, whatever is looked at beyond its end', () => {
  const scale = new Scale(Array.from({length: 300}, (_, index) => START + index * 3_600_000));
  const whole = scale.place(scale.last);
  for (const tick of ticks(scale, 0, whole * 2, whole / 8)) assert.match(tickText(tick.at, tick.step), /^[\d:.-]+$/);
  assert.ok(Number.isFinite(new Date(scale.at(whole * 3)).getTime()));
});

test('planned attempts stand at their exact instants', () => {
  const planned = plannedAttempts(delivery({attempts: [failed(1), failed(2)], nextAttemptAt: at(LADDER[2])}));
  assert.deepEqual(planned.map((each) => each.at), LADDER.slice(2));
});

test('each kind of attempt has a shape of its own', () => {
  const kinds = ['scheduled', 'copy', 'replay', 'tampered'].map((kind) => ({...failed(1), kind, outcome: 'delivered', responseStatus: 200}));
  const shapes = marksOf(delivery({status: 'delivered', attempts: kinds})).map((mark) => mark.shape);
  assert.equal(new Set(shapes).size, 4);
  assert.equal(marksOf(delivery({status: 'dead', attempts: [1, 2, 3, 4, 5, 6].map(failed)})).at(-1).shape, 'dead');
});

test('deliveries are grouped by subject, the newest group first', () => {
  const groups = groupDeliveries([delivery({}), delivery({deliveryId: 'wde_2', subject: 'svr_1', createdAt: at(START + 1)}), delivery({deliveryId: 'wde_3', createdAt: at(START + 2)})]);
  assert.deepEqual(groups.map((group) => group.deliveries.map((each) => each.deliveryId)), [['wde_2'], ['wde_1', 'wde_3']]);
  const {rows, height} = layoutRows(groups, 28);
  assert.equal(rows.length, 5);
  assert.equal(rowAt(rows, height - 1), 4);
  assert.equal(cluster([{at: 1}, {at: 2}, {at: 50}], (ms) => ms, 11).length, 2);
  const [both] = cluster([{at: 1, shape: 'tampered'}, {at: 1, shape: 'delivered'}], (ms) => ms, 11);
  assert.deepEqual([both.mark.shape, both.marks.length], ['tampered', 2], 'a forged copy is not hidden by the true one');
});

test('beside its badge a delivery says what the badge does not', () => {
  const taken = {...failed(2), outcome: 'delivered', responseStatus: 200, latencyMs: 12};
  const now = START + 60_000;
  assert.equal(deliveryNote(delivery({status: 'delivered', attempts: [failed(1), taken]}), {now}), '200 in 12 ms, attempt 2');
  assert.equal(deliveryNote(delivery({attempts: [failed(1), failed(2)], nextAttemptAt: at(LADDER[2])}), {now}), '2/6, next in 4m30s');
  assert.equal(deliveryNote(delivery({status: 'dead', attempts: [1, 2, 3, 4, 5, 6].map(failed)}), {now}), 'after 6 attempts');
  assert.equal(deliveryNote(delivery({status: 'pending'}), {now, held: {rule: 'late'}}), 'by late');
  assert.equal(deliveryNote(delivery({status: 'pending'}), {now, parked: 'webhooks paused'}), 'webhooks paused');
});

test('why no connection came about is said with what to do', () => {
  const why = (failure, failureDetail) => whyFailed({outcome: 'failed', failure, failureDetail});
  assert.match(why('tls', 'SSL certificate problem: self-signed certificate'), /--ca-file/);
  assert.match(why('tls', 'OpenSSL: wrong version number'), /begins with http:/);
  assert.match(why('reset', 'Empty reply from server'), /needs https:/);
  assert.match(why('connect', 'Could not resolve host: host.docker.internal'), /--add-host/);
  assert.match(why('connect', 'Could not resolve host: recevier.test'), /name in the webhook URL/);
});

test('a schema with members of its own is no choice between nameless ones', () => {
  const text = {type: 'string'};
  const schema = {type: 'object', properties: {by: text, to: text}, oneOf: [{required: ['by']}, {required: ['to']}]};
  assert.equal(typeText(schema, {}), 'object');
  assert.deepEqual(Object.keys(exampleOf(schema, {})), ['by', 'to']);
});

test('addresses hold view, selection and filters', () => {
  const hash = hashOf(['deliveries', 'wde_1'], {status: 'dead', client: 'a&b', empty: ''});
  assert.deepEqual(parseHash(hash), {path: ['deliveries', 'wde_1'], query: {status: 'dead', client: 'a&b'}});
  assert.deepEqual(parseHash('#/%E0%A4%A'), {path: ['%E0%A4%A'], query: {}});
});

test('text of others neither runs nor hides', () => {
  for (const link of ['javascript:alert(1)', 'data:text/html,x', '//evil.example', 'vbscript:x', ' javascript:x']) assert.equal(isSafeLink(link), false, link);
  for (const link of ['#/timeline', '/docs', 'https://example.com', 'http://127.0.0.1:1']) assert.equal(isSafeLink(link), true, link);
  assert.equal(visible('a\u202eb\u0000'), 'a\\u202eb\\u0000');
  assert.equal(shellWord("it's"), "'it'\\''s'");
  assert.equal(duration(330_000), '5m30s');
});

test('the stream is cut into events wherever its parts end', () => {
  const events = [];
  const take = parser((event) => events.push(event));
  for (const part of [': ping\n\nid: 7\neve', 'nt: attempt\ndata: {"a"', ':1}\n', '\n']) take(part);
  assert.deepEqual(events, [{id: '7', name: 'attempt', data: '{"a":1}'}]);
});

test('all files of the console are below 120 KB together, gzipped', async () => {
  const folder = fileURLToPath(new URL(sources, import.meta.url));
  const names = (await readdir(folder, {recursive: true})).filter((name) => /\.(html|css|js|svg)$/.test(name));
  const sizes = await Promise.all(names.map(async (name) => gzipSync(await readFile(join(folder, name)), {level: 9}).length));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assert.ok(names.length > 30 && total < 120_000, `${total} bytes in ${names.length} files`);
});
