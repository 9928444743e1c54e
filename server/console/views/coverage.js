// What the application's tests have met, and for the rest the lines for a shell that provoke it.
import {h, fill} from '../dom.js';
import {control} from '../api.js';
import {state} from '../store.js';
import {badge} from '../parts/controls.js';
import {copyButton} from '../parts/copy.js';

const SETTLING = 1000; // ms until what happened is asked for

function dimensionCard(dimension) {
  const missing = dimension.items.filter((item) => item.count === 0);
  const title = `${dimension.title} ${dimension.covered} of ${dimension.total}`;
  return h('section', {class: 'card stack'}, h('h2', {}, title), h('p', {class: 'soft small'}, dimension.counts),
    h('progress', {class: 'met', max: dimension.total, value: dimension.covered, 'aria-label': title}),
    dimension.covered > 0 && h('p', {class: 'row tight'}, dimension.items.filter((item) => item.count > 0).map((item) => badge(`${item.name} ${item.count}×`, 'good'))),
    missing.length > 0 && h('details', {}, h('summary', {}, `${missing.length} missing`), h('ul', {class: 'plain stack'}, missing.map((item) =>
      h('li', {}, h('strong', {}, item.name), ' ', copyButton(() => item.command, 'Copy', {'aria-label': `Copy the command for ${item.name}`}), h('div', {}, h('code', {class: 'small soft'}, item.command)))))));
}

export function coverageView(context) {
  const body = h('div', {class: 'page'});
  let asked = 0;
  let timer = 0;
  async function load() {
    const mine = ++asked;
    const met = await control('GET', '/coverage', {query: {clientId: state.client}}).catch((error) => ({problem: error.message}));
    if (mine !== asked) return;
    const open = new Set([...body.querySelectorAll('details[open]')].map((each) => each.parentNode.id));
    fill(body, h('h1', {}, met.problem ? 'Coverage' : `Coverage ${met.percent} %`), met.problem && h('p', {class: 'bad', role: 'alert'}, met.problem),
      met.endpoint === false && h('p', {class: 'wait'}, 'There is no webhook endpoint: nothing of webhooks can be met.'),
      (met.dimensions ?? []).map((dimension) => {
        const card = dimensionCard(dimension);
        card.id = `met-${dimension.id}`;
        const details = card.querySelector('details');
        if (details) details.open = open.has(card.id);
        return card;
      }));
  }
  context.on(['requests', 'deliveries', 'restart'], () => {
    timer ||= setTimeout(() => {
      timer = 0;
      load();
    }, SETTLING);
  });
  context.onLeave(() => clearTimeout(timer));
  return {title: 'Coverage', element: h('div', {class: 'view scroll'}, body), update: load};
}
