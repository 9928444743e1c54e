// What stands where nothing has happened yet: the first calls, filled with this sandbox's own address and partner.
import {h, fill} from '../dom.js';
import {get} from '../api.js';
import {state} from '../store.js';
import {link, route} from '../router.js';
import {attemptTo} from './controls.js';
import {tokenLine} from './curl.js';
import {textBlock} from './json.js';
import {icon} from '../icons.js';

/** The chosen partner, or the one that is there from the beginning. */
export function anyClient() {
  return state.client || (state.partners.has('client_acme') ? 'client_acme' : state.partners.keys().next().value) || 'client_acme';
}

export function firstCurl(client = anyClient()) {
  const url = location.origin;
  return [tokenLine(client),
    `curl -s ${url}/v1/contracts/samples/1.0.0/syndicate_secondary -o request.json`,
    `curl -s -X POST ${url}/v1/spv-requests -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: first-request" \\`,
    '  -H "Content-Type: application/json" -d @request.json'].join('\n');
}

/** Says what `path` lists of the other partners: whoever looks for something may have chosen the wrong one. */
function elsewhere(path) {
  const place = h('p', {class: 'callout wait', hidden: true});
  const look = async () => {
    const {count: number, documents: [newest]} = await get(path, {perPage: 1});
    place.hidden = number === 0;
    if (number > 0) fill(place, h('span', {}, `${state.client} has none of the ${number} that there are; the newest is of `, h('a', {href: link(route().path.join('/'), {client: newest.clientId ?? ''})}, newest.clientId ?? 'nobody: it had no token'), '.'));
  };
  if (state.client) attemptTo(look, () => {});
  return place;
}

/** A heading, a sentence, the first curl, and how to do it with a click instead. `path`: of the list that is empty. */
export function lesson(heading, text, path) {
  const client = anyClient();
  const partner = state.partners.get(client);
  return h('div', {class: 'empty lesson'}, h('h2', {}, heading), elsewhere(path), h('p', {}, text), textBlock(firstCurl(client), 'First request'),
    h('div', {class: 'row'}, h('a', {class: 'button', href: link('/compose', {event: 'spv_request.created'})}, icon('compose'), 'Or let the page do it'),
      h('a', {class: 'button', href: '/docs', target: '_blank', rel: 'noopener'}, icon('docs'), 'API reference')),
    partner && !partner.webhookUrl && h('p', {class: 'soft'}, `${client} has no webhook URL yet, so its events wait. `,
      h('a', {href: link(`/partners/${encodeURIComponent(client)}`)}, 'Give it one'), '.'));
}
