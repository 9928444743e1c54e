// Making an event happen: the page makes the calls of the partner API and the admin's itself, and shows each as it goes.
import {h, fill, setText} from '../dom.js';
import {icon} from '../icons.js';
import {ApiError, errorOf, exchange, post, segment} from '../api.js';
import {EVENT_TYPES} from '../facts.js';
import {refreshNow} from '../store.js';
import {refine, route} from '../router.js';
import {attemptTo, badge, choice, empty, field, loading} from '../parts/controls.js';
import {bodyBlock, jsonBlock} from '../parts/json.js';
import {eventOutcome} from '../parts/outcome.js';
import {recipeOf, standardParts, subjectOf} from '../parts/recipes.js';
import {anyClient} from '../parts/teach.js';

const TITLES = {spvRequest: 'SPV request', rejection: 'Rejection', investor: 'Investor', subscription: 'Subscription', form: 'Signed form', funding: 'Funding receipt'};
const isFlat = (value) => Object.values(value).every((each) => each === null || typeof each !== 'object');

/** An editor of one part: a field per member where it is flat, JSON where it is not, and a file for documents. */
function partEditor(name, value) {
  const problem = h('p', {class: 'bad small', role: 'alert'});
  if (isFlat(value)) {
    const controls = Object.entries(value).map(([member, text]) => [member, h('input', {value: text, spellcheck: 'false'})]);
    const file = 'fileName' in value ? h('input', {type: 'file', accept: 'application/pdf,image/jpeg,image/png,image/webp'}) : null;
    const read = () => {
      const made = Object.fromEntries(controls.map(([member, input]) => [member, input.value]));
      const [chosen] = file?.files ?? [];
      return chosen ? {...made, file: chosen, fileName: chosen.name} : made;
    };
    return {read, element: h('div', {class: 'fields'}, controls.map(([member, input]) => field(member, input)), file && field('Document', file, 'Without one a small PDF is sent.'))};
  }
  const area = h('textarea', {rows: Math.min(18, JSON.stringify(value, null, 2).split('\n').length + 1), spellcheck: 'false', 'aria-label': `${TITLES[name]} as JSON`});
  area.value = JSON.stringify(value, null, 2);
  const read = () => {
    problem.textContent = '';
    area.removeAttribute('aria-invalid');
    try {
      return JSON.parse(area.value);
    } catch (error) {
      area.setAttribute('aria-invalid', 'true');
      setText(problem, `This is not JSON: ${error.message}`);
      throw new ApiError(`${TITLES[name]} is not JSON: ${error.message}`);
    }
  };
  return {read, element: h('div', {class: 'stack'}, area, problem)};
}

export function composeView(context) {
  const editors = h('div', {class: 'stack wide'});
  const progress = h('ol', {class: 'plain stack calls', 'aria-label': 'Calls'});
  const result = h('div');
  const send = h('button', {type: 'submit', class: 'primary'}, icon('play'), 'Send');
  const types = choice(EVENT_TYPES, EVENT_TYPES[0], (value) => refine({event: value}), {});
  const who = h('p', {class: 'soft'});
  const templates = choice([], '', () => drawEditors());
  const templateField = field('Template', templates);
  let samples = [];
  let parts = {};

  const eventType = () => (EVENT_TYPES.includes(route().query.event) ? route().query.event : EVENT_TYPES[0]);

  async function loadSamples() {
    fill(editors, loading('the samples of the contracts'));
    const {versions} = (await exchange('GET', '/v1/contracts')).json;
    const reply = await exchange('GET', `/v1/contracts/samples/${segment(versions.at(-1))}`);
    if (reply.status !== 200) throw errorOf(reply);
    samples = reply.json.samples;
    fill(templates, samples.map((each) => h('option', {value: each.templateId}, each.templateId)));
    templates.value = samples.some((each) => each.templateId === 'syndicate_secondary') ? 'syndicate_secondary' : samples[0]?.templateId;
  }

  const drawPlan = () => fill(progress, h('li', {class: 'card'}, h('h2', {}, 'What will be called'), h('ol', {class: 'plain plan'}, recipeOf(eventType()).map((step) => h('li', {}, h('span', {class: 'grow'}, step.call), h('span', {class: 'soft small'}, step.emits))))));

  function drawEditors() {
    const sample = samples.find((each) => each.templateId === templates.value);
    if (!sample) return fill(editors, empty('The contracts have no sample', h('p', {}, 'An SPV request needs attributes that fit a template; this sandbox was given templates without samples.')));
    const suffix = Math.random().toString(16).slice(2, 8);
    const standard = standardParts(sample, suffix);
    const names = [...new Set(recipeOf(eventType()).map((step) => step.part).filter(Boolean))];
    parts = Object.fromEntries(names.map((name) => [name, partEditor(name, standard[name])]));
    templateField.hidden = !names.includes('spvRequest');
    // The part that the event is about stands open; the others are made on the way.
    return fill(editors, names.map((name, index) => h('details', {class: 'card part', open: index === names.length - 1}, h('summary', {}, h('strong', {}, TITLES[name]), index < names.length - 1 && h('span', {class: 'soft'}, ' made on the way')), parts[name].element)));
  }

  function showCall(method, path, body) {
    const sign = h('span', {class: 'spinner'});
    const detail = h('div', {class: 'stack inset'}, body && [h('h4', {}, 'Body'), jsonBlock(body, 'Body')]);
    const item = h('li', {}, h('details', {class: 'attempt'}, h('summary', {class: 'row'}, sign, h('span', {class: 'mono'}, method), h('span', {class: 'mono grow clip'}, path)), detail));
    progress.append(item);
    return (reply) => {
      sign.replaceWith(badge(String(reply.status), reply.status < 300 ? 'good' : 'bad'));
      detail.append(h('h4', {}, `Answer in ${Math.round(reply.took)} ms`), bodyBlock(reply.text, 'Answer'));
      item.firstChild.open = reply.status >= 300;
    };
  }

  async function make() {
    const client = anyClient();
    const type = eventType();
    const values = Object.fromEntries(Object.entries(parts).map(([name, editor]) => [name, editor.read()]));
    fill(progress);
    fill(result);
    const {accessToken} = await post(`/partners/${segment(client)}/token`);
    const call = async (method, path, {body, form, key} = {}, headers = {}) => {
      const shown = showCall(method, path, body);
      const reply = await exchange(method, path, {body, form, headers: {...headers, ...(key && {'Idempotency-Key': key})}});
      shown(reply);
      if (reply.status >= 300) throw errorOf(reply);
      return reply.json;
    };
    const made = {};
    const steps = {
      parts: values, made,
      api: (method, path, options) => call(method, path, options, {Authorization: `Bearer ${accessToken}`}),
      control: (method, path, body = {}) => call(method, `/_sandbox${path}`, {body}),
    };
    for (const step of recipeOf(type)) await step.take({...steps, key: crypto.randomUUID?.() ?? `compose-${Date.now()}-${Math.random()}`});
    if (made.note && type === 'investor.created') throw new ApiError(made.note);
    fill(result, h('section', {class: 'card stack'}, h('h2', {}, 'Sent'), eventOutcome(context, {subject: subjectOf(type, made), eventType: type})));
    await refreshNow('resources');
    // A fresh set of identifiers, so that the next press makes another one.
    drawEditors();
  }

  const form = h('form', {class: 'stack wide', onsubmit: async (event) => {
    event.preventDefault();
    send.setAttribute('aria-busy', 'true');
    await attemptTo(make, (error) => fill(result, h('div', {class: 'callout bad', role: 'alert'}, h('div', {class: 'stack'}, h('p', {}, error.message),
      error.violations?.length > 0 && h('ul', {}, error.violations.map((row) => h('li', {}, h('code', {}, row.field ?? row.attribute), ` ${row.message}`)))))));
    send.removeAttribute('aria-busy');
  }}, h('div', {class: 'fields'}, field('Event', types), templateField), who, editors, h('div', {class: 'row'}, send));

  const about = () => { setText(who, `As ${anyClient()}, with a token of its own; each call stands in the journal like any other.`); };
  context.on(['partners', 'client'], about);
  let ready = null;
  let drawn = '';
  return {
    title: 'Compose',
    element: h('div', {class: 'view scroll'}, h('div', {class: 'page'}, h('h1', {}, 'Compose'), h('p', {class: 'soft'}, 'Make an event happen: everything that it needs is made by real calls.'),
      h('div', {class: 'columns compose-columns'}, h('section', {class: 'card'}, form), h('div', {class: 'stack wide'}, result, progress)))),
    async update() {
      types.value = eventType();
      about();
      ready ??= loadSamples();
      const loaded = await attemptTo(async () => {
        await ready;
        return true;
      }, (error) => {
        ready = null;
        fill(editors, h('p', {class: 'bad'}, error.message));
      });
      if (loaded && drawn !== eventType()) {
        drawn = eventType();
        fill(result);
        drawPlan();
        drawEditors();
      }
    },
  };
}
