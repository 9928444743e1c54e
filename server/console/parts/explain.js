// What the sandbox itself says about a call that was refused, and how a delivery came about.
import {h, fill} from '../dom.js';
import {get, segment, sentence} from '../api.js';
import {dateTime, parseInstant} from '../text.js';
import {attemptTo} from './controls.js';
import {textBlock} from './json.js';

const explain = (id) => get(`/explain/${segment(id)}`);
const line = (name, text) => text && h('p', {}, name && h('strong', {}, `${name}: `), sentence(text));

/** The steps from the call to the last attempt; read whenever it is opened. */
export function deliveryChain(id) {
  const steps = h('ol', {class: 'stack'});
  return h('details', {ontoggle: async (event) => {
    const found = event.target.open && await attemptTo(() => explain(id));
    if (found) fill(steps, found.chain.map((step) => h('li', {}, h('span', {class: 'times soft'}, `${dateTime(parseInstant(step.at))} `), step.what, step.rule && [' ', h('code', {class: 'small'}, step.rule)])));
  }}, h('summary', {}, 'How it came about, step by step'), steps);
}

/** Fills `place` with the explanation of a call, or leaves it empty. */
export async function explanation(errorId, place) {
  const found = await attemptTo(() => explain(errorId), () => {});
  if (!found?.rule) return;
  const {rule, changes} = found;
  fill(place, h('section', {class: 'callout note'}, h('div', {class: 'stack'},
    h('h3', {}, 'Why, and how to fix it'), line('', rule.sentence),
    changes.length > 0 && h('div', {}, h('p', {}, h('strong', {}, found.enough ? 'The smallest change: ' : 'To change, among others: ')), h('ul', {}, changes.map((each) => h('li', {}, each)))),
    !changes.some((each) => sentence(each) === sentence(rule.fix)) && line('Fix', rule.fix), found.curl && textBlock(found.curl, 'A call that would pass'), line('', found.production),
    h('p', {class: 'small soft'}, `Rule ${rule.id}`, rule.documentation && ` · Zest docs: ${rule.documentation}`))));
}
