// What the sandbox itself says about an error or a delivery that went wrong, where it offers an explanation.
import {h, fill} from '../dom.js';
import {exchange, segment, sentence} from '../api.js';

let offered = null;

/** Whether this sandbox explains: its own description says so. */
function isOffered() {
  offered ??= exchange('GET', '/_sandbox/openapi.json').then((reply) => Boolean(reply.json?.paths?.['/_sandbox/explain/{id}']), () => false);
  return offered;
}


/** Fills `place` with the explanation of an id, or leaves it empty. */
export async function explanation(id, place) {
  if (!(await isOffered())) return;
  const reply = await exchange('GET', `/_sandbox/explain/${segment(id)}`).catch(() => null);
  if (reply?.status !== 200 || !reply.json) return fill(place);
  const found = reply.json;
  return fill(place, h('section', {class: 'callout note'}, h('div', {class: 'stack'},
    h('h3', {}, 'Why, and how to fix it'),
    [found.sentence, found.what, found.why].filter((text) => typeof text === 'string').map((text) => h('p', {}, sentence(text))),
    typeof found.fix === 'string' && h('p', {}, h('strong', {}, 'Fix: '), sentence(found.fix)),
    typeof found.text === 'string' && h('pre', {class: 'code'}, found.text),
    typeof found.curl === 'string' && h('pre', {class: 'code'}, found.curl),
    h('p', {class: 'small soft'}, [found.rule && `Rule ${found.rule}`, found.documentation && `Zest docs: ${found.documentation}`].filter((text) => typeof text === 'string').join(' · ')))));
}
