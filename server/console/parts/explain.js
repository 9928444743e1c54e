// What the sandbox itself says about an error or a delivery that went wrong, where it offers an explanation.
import {h, fill} from '../dom.js';
import {exchange, segment, sentence} from '../api.js';
import {dateTime, parseInstant, visible} from '../text.js';
import {textBlock} from './json.js';

let offered = null;

/** Whether this sandbox explains: its own description says so. */
function isOffered() {
  offered ??= exchange('GET', '/_sandbox/openapi.json').then((reply) => Boolean(reply.json?.paths?.['/_sandbox/explain/{id}']), () => false);
  return offered;
}

const line = (name, text) => typeof text === 'string' && text !== '' && h('p', {}, name && h('strong', {}, `${name}: `), sentence(text));

/** What a delivery, or a resource, waits for and who must act. */
function waiting(waits) {
  return waits && h('div', {}, line('Waits for', [waits.what, waits.who && `it is up to ${waits.who}`].filter(Boolean).join('; ')), waits.command && textBlock(waits.command, 'Command'));
}

function chain(steps) {
  return steps?.length > 0 && h('details', {}, h('summary', {}, 'From the call to the last attempt'),
    h('ol', {class: 'flow'}, steps.map((step) => h('li', {}, step.at && h('span', {class: 'times soft'}, `${dateTime(parseInstant(step.at))} `), visible(step.what), step.rule && [' ', h('code', {class: 'small'}, step.rule)]))));
}

/** Fills `place` with the explanation of an id, or leaves it empty. */
export async function explanation(id, place) {
  if (!(await isOffered())) return;
  const reply = await exchange('GET', `/_sandbox/explain/${segment(id)}`).catch(() => null);
  if (reply?.status !== 200 || !reply.json) return fill(place);
  const found = reply.json;
  const rule = found.rule ?? {};
  const changes = found.changes ?? [];
  return fill(place, h('section', {class: 'callout note'}, h('div', {class: 'stack'},
    h('h3', {}, 'Why, and how to fix it'), line('', rule.sentence),
    changes.length > 0 && h('div', {}, h('p', {}, h('strong', {}, found.enough === false ? 'To change, among others: ' : 'The smallest change: ')), h('ul', {}, changes.map((each) => h('li', {}, visible(each))))),
    line('Fix', rule.fix), typeof found.curl === 'string' && textBlock(found.curl, 'A call that would pass'),
    waiting(found.waitsFor), line('', found.production), chain(found.chain),
    rule.id && h('p', {class: 'small soft'}, [`Rule ${rule.id}`, rule.documentation && `Zest docs: ${rule.documentation}`].filter(Boolean).join(' · ')))));
}
