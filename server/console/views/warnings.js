// What works here and is fragile in production, each kind once, with what to do.
import {h, fill} from '../dom.js';
import {control} from '../api.js';
import {state} from '../store.js';
import {link} from '../router.js';
import {count, dateTime, parseInstant} from '../text.js';
import {badge, empty, failure, loading, pairs} from '../parts/controls.js';

const seen = (one) => [`${one.what} · ${one.clientId} · ${dateTime(parseInstant(one.at))} `,
  one.request && h('a', {href: link(`/requests/${one.request}`)}, 'the call'), one.deliveryId && h('a', {href: link(`/deliveries/${one.deliveryId}`)}, 'the delivery')];

const card = (warning) => h('section', {class: 'card'}, h('header', {}, h('h2', {}, warning.sentence), badge(count(warning.count, 'time'), 'wait')),
  pairs([['Rule', h('code', {}, warning.id)], [warning.count > 1 ? 'First' : 'Seen', seen(warning.first)], ['Last', warning.count > 1 && seen(warning.last)], ['Do', warning.fix]]));

export function warningsView(context) {
  const place = h('div', {class: 'stack wide'}, loading('warnings'));
  let asked = 0;
  const read = async () => {
    const mine = (asked += 1);
    let content;
    try {
      const {documents} = await control('GET', '/warnings', {query: {clientId: state.client}});
      content = documents.length > 0 ? documents.map(card) : empty('Nothing to warn of', h('p', {}, 'Nothing that was called or answered so far is fragile in production.'));
    } catch (error) {
      content = failure(error, read);
    }
    if (mine === asked) fill(place, content);
  };
  context.on(['status', 'client'], read);
  read();
  return {title: 'Warnings', element: h('div', {class: 'view scroll'}, h('div', {class: 'page'}, h('h1', {}, 'Warnings'),
    h('p', {class: 'soft'}, 'What works here and is fragile in production, each kind once. A reset clears it.'), place))};
}
