// Going anywhere by name: a view, an identifier of any kind.
import {h, fill} from '../dom.js';
import {subjectKind, subjectLink} from '../facts.js';
import {state} from '../store.js';
import {link} from '../router.js';
import {VIEWS} from '../shell.js';
import {openDialog} from './dialog.js';

const MOST = 10;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** [{text, note, href}] of what a text may mean, the likeliest first. */
function found(text) {
  const wanted = text.trim().toLowerCase();
  const results = [];
  if (UUID.test(wanted)) results.push({text: wanted, note: 'the call with this errorId', href: link(`/requests/${wanted}`)});
  else if (subjectLink(wanted)) results.push({text: wanted, note: `the ${subjectKind(wanted)}`, href: link(subjectLink(wanted))});
  if (/^[a-z]{2,4}_./.test(wanted)) results.push({text: wanted, note: 'deliveries about it', href: link('/deliveries', {subject: wanted})});
  for (const view of VIEWS) {
    if (view.text.toLowerCase().includes(wanted)) results.push({text: view.text, note: 'view', href: link(`/${view.name}`)});
  }
  if (wanted.length < 3) return results.slice(0, MOST);
  for (const delivery of state.deliveries.values()) {
    if (results.length >= MOST) break;
    if (delivery.deliveryId.includes(wanted) || delivery.subject.includes(wanted)) {
      results.push({text: delivery.deliveryId, note: `${delivery.eventType} about ${delivery.subject}`, href: link(`/deliveries/${delivery.deliveryId}`)});
    }
  }
  return results.slice(0, MOST);
}

export function goTo() {
  openDialog('Go to', (close) => {
    const list = h('ul', {class: 'plain search-results', 'aria-label': 'Found'});
    const input = h('input', {type: 'search', placeholder: 'A view, or an identifier: wde_…, svr_…, sub_…, psn_…, an errorId', 'aria-label': 'Go to', autofocus: true,
      oninput: () => draw()});
    const draw = () => {
      const results = found(input.value);
      fill(list, results.map((each) => h('li', {}, h('a', {class: 'search-result', href: each.href, onclick: close}, h('span', {class: 'clip'}, each.text), h('span', {class: 'soft small clip'}, each.note)))),
        results.length === 0 && h('li', {class: 'soft'}, 'Nothing has this name. Paste a whole identifier.'));
    };
    draw();
    const move = (event) => {
      const links = [input, ...list.querySelectorAll('a')];
      const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
      if (step) {
        event.preventDefault();
        links[Math.max(0, Math.min(links.length - 1, links.indexOf(document.activeElement) + step))].focus();
      } else if (event.key === 'Enter' && document.activeElement === input) {
        event.preventDefault();
        list.querySelector('a')?.click();
      }
    };
    return h('div', {class: 'stack', onkeydown: move}, input, list);
  });
}
