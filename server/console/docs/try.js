// Trying an operation against this sandbox, and the same call as curl.
import {h, fill} from '../dom.js';
import {icon} from '../icons.js';
import {exchange} from '../api.js';
import {action, badge, field} from '../parts/controls.js';
import {copyable, copyButton} from '../parts/copy.js';
import {bodyBlock} from '../parts/json.js';
import {curlLine, tokenLine} from '../parts/curl.js';
import {exampleOf, resolve} from './schema.js';
import {client, latest, onClient, token} from './session.js';

const HEADERS = ['location', 'idempotent-replayed', 'retry-after', 'preference-applied', 'allow', 'x-zest-sandbox', 'x-zest-sandbox-rule'];

const requestSchema = (operation, type) => operation.requestBody?.content[type]?.schema;
const freshKey = () => crypto.randomUUID?.() ?? `try-${Math.random().toString(16).slice(2)}`;

/** The controls of an operation's parameters and body; `read()` answers what they say now. */
function inputs(operation, document) {
  const parameters = (operation.parameters ?? []).map((each) => {
    const isKey = each.name === 'Idempotency-Key';
    const input = h('input', {spellcheck: 'false', value: isKey ? freshKey() : '', placeholder: each.schema.default !== undefined ? String(each.schema.default) : each.schema.enum?.join(', ') ?? ''});
    return {...each, input, element: field(`${each.name}${each.required ? '' : ' (optional)'}`, input)};
  });
  const json = requestSchema(operation, 'application/json');
  const form = requestSchema(operation, 'application/x-www-form-urlencoded');
  const multipart = requestSchema(operation, 'multipart/form-data');
  const area = json && h('textarea', {rows: 10, spellcheck: 'false', 'aria-label': 'Body as JSON'});
  if (area) area.value = operation.requestBody.required === false ? '' : JSON.stringify(exampleOf(json, document), null, 2);
  const members = form || multipart ? Object.entries(resolve(form ?? multipart, document).properties).map(([name, raw]) => {
    const isFile = raw.format === 'binary';
    const input = isFile ? h('input', {type: 'file'}) : h('input', {spellcheck: 'false', value: raw.example ?? ''});
    return {name, isFile, input, element: field(name, input)};
  }) : [];
  return {parameters, area, members, isMultipart: Boolean(multipart)};
}

function callOf(operation, {parameters, area, members, isMultipart}) {
  let {path} = operation;
  const query = {};
  const headers = {};
  for (const each of parameters) {
    const value = each.input.value.trim();
    if (each.in === 'path') path = path.replace(`{${each.name}}`, value ? encodeURIComponent(value) : `{${each.name}}`);
    else if (value && each.in === 'query') query[each.name] = value;
    else if (value) headers[each.name] = value;
  }
  const text = new URLSearchParams(query).toString();
  const fields = Object.fromEntries(members.filter((each) => !each.isFile && each.input.value).map((each) => [each.name, each.input.value]));
  return {path: text ? `${path}?${text}` : path, headers, body: area && area.value.trim() !== '' ? area.value : undefined, fields, isMultipart,
    files: members.filter((each) => each.isFile)};
}

const SAMPLE_FILE = () => new File(['%PDF-1.4\n% sample\n%%EOF\n'], 'sample.pdf', {type: 'application/pdf'});

function formOf(call) {
  const form = new FormData();
  for (const [name, value] of Object.entries(call.fields)) form.set(name, value);
  for (const each of call.files) form.set(each.name, each.input.files[0] ?? SAMPLE_FILE());
  return form;
}

export function tryPanel(operation, document) {
  const needsToken = operation.security?.some((each) => 'HTTPBearer' in each);
  const controls = inputs(operation, document);
  const curl = h('div');
  const answer = h('div', {'aria-live': 'polite'});
  const line = (bearer) => {
    const call = callOf(operation, controls);
    const parts = call.isMultipart ? {...call.fields, ...Object.fromEntries(call.files.map((each) => [each.name, `@${each.input.files[0]?.name ?? 'sample.pdf;type=application/pdf'}`]))} : undefined;
    return curlLine({method: operation.method, path: call.path, headers: call.headers, bearer, body: call.isMultipart ? undefined : compact(call.body), parts, form: !call.isMultipart && call.files.length === 0 && !controls.area ? call.fields : undefined});
  };
  const drawCurl = () => fill(curl, copyable(h('pre', {class: 'code'}, `${needsToken ? `${tokenLine(client())}\n` : ''}${line(needsToken ? '$TOKEN' : '')}`), `${needsToken ? `${tokenLine(client())}\n` : ''}${line(needsToken ? '$TOKEN' : '')}`),
    needsToken && copyButton(async () => line(await token()), 'Copy with a token in it'));
  for (const each of [...controls.parameters, ...controls.members]) each.input.addEventListener('input', drawCurl);
  controls.area?.addEventListener('input', drawCurl);
  onClient(drawCurl);

  const prefill = async () => {
    for (const each of controls.parameters) {
      if (each.in === 'path' && each.input.value === '') each.input.value = (await latest(each.name, operation.path)) ?? '';
    }
    if (operation.operationId === 'createSpvRequest') {
      const sample = await exchange('GET', '/v1/contracts/samples/1.0.0/syndicate_secondary').catch(() => null);
      if (sample?.status === 200) controls.area.value = JSON.stringify(sample.json, null, 2);
    }
    if (operation.operationId === 'createSubscriptions') {
      const person = await latest('person_id', '');
      if (person) controls.area.value = controls.area.value.replace(/("zestPersonId": )"[^"]*"/, `$1"${person}"`).replace(/("shareClassSlug": )"[^"]*"/, '$1"sc_classA"');
    }
    drawCurl();
  };

  const send = action('Send', async () => {
    const call = callOf(operation, controls);
    if (call.path.includes('{')) throw new Error('A part of the path is empty.');
    const headers = {...call.headers};
    if (needsToken) headers.Authorization = `Bearer ${await token()}`;
    const isForm = controls.members.length > 0 && !call.isMultipart;
    if (isForm) headers['Content-Type'] = 'application/x-www-form-urlencoded';
    const reply = await exchange(operation.method, call.path, {headers, body: isForm ? new URLSearchParams(call.fields).toString() : call.isMultipart ? undefined : call.body, form: call.isMultipart ? formOf(call) : undefined});
    const shown = HEADERS.map((name) => [name, reply.headers.get(name)]).filter(([, value]) => value);
    fill(answer, h('div', {class: 'stack'}, h('div', {class: 'row'}, badge(String(reply.status), reply.status < 300 ? 'good' : reply.status < 500 ? 'wait' : 'bad'), h('span', {class: 'soft'}, `${Math.round(reply.took)} ms`),
      shown.map(([name, value]) => h('span', {class: 'soft small'}, `${name}: ${value}`))), reply.text === '' ? h('p', {class: 'soft'}, 'No body.') : bodyBlock(reply.text, 'Answer')));
    const key = controls.parameters.find((each) => each.name === 'Idempotency-Key');
    if (key && reply.status < 300) key.element.querySelector('.hint')?.remove();
  }, {symbol: 'play', kind: 'primary', failed: (error) => fill(answer, h('div', {class: 'callout bad'}, h('p', {}, error.message)))});

  drawCurl();
  prefill();
  return h('div', {class: 'stack wide'},
    controls.parameters.length + controls.members.length > 0 && h('div', {class: 'fields'}, controls.parameters.map((each) => each.element), controls.members.map((each) => each.element)),
    controls.area, h('div', {class: 'row'}, send, operation.method !== 'GET' && h('span', {class: 'soft small'}, 'This really happens, in this sandbox.'), h('span', {class: 'grow'}),
      controls.parameters.some((each) => each.name === 'Idempotency-Key') && h('button', {type: 'button', class: 'quiet small', onclick: () => {
        controls.parameters.find((each) => each.name === 'Idempotency-Key').input.value = freshKey();
        drawCurl();
      }}, icon('retry'), 'New key')),
    answer, h('h4', {}, 'The same as curl'), curl);
}

/** JSON without line breaks where it is JSON. */
function compact(text) {
  if (text === undefined) return undefined;
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}
