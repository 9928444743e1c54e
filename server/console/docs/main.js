// The API reference: made of the OpenAPI document that the sandbox serves about itself, so that it cannot differ from
// what is served. Without scripts the page is the plain list that it was before this ran.
import {h, fill} from '../dom.js';
import {icon, logo} from '../icons.js';
import {exchange} from '../api.js';
import {badge, choice} from '../parts/controls.js';
import {mountToasts} from '../parts/toast.js';
import {applyTheme, themeButton} from '../parts/theme.js';
import {guides, webhookGuide} from './guides.js';
import {operationCard, webhookCard} from './operation.js';
import {schemaTree} from './schema.js';
import {chooseClient, client, clients, loadClients} from './session.js';

applyTheme();
const address = document.body.dataset.document;
const isPartner = address === '/openapi.json';

function operationsOf(spec) {
  const list = [];
  for (const [path, item] of Object.entries(spec.paths)) {
    for (const [method, operation] of Object.entries(item)) list.push({...operation, method: method.toUpperCase(), path, tag: operation.tags?.[0] ?? ''});
  }
  return list;
}

/** What the control plane's paths are about: its operations have one tag. */
function groupOf(operation) {
  if (isPartner) return operation.tag;
  const part = operation.path.replace(/^\/(_sandbox|admin)\/?/, '').split('/')[0];
  return {'': 'Where to begin', livez: 'Health', readyz: 'Health', status: 'Health', metrics: 'Health', 'openapi.json': 'Where to begin', console: 'Where to begin', docs: 'Where to begin', login: 'Where to begin', settings: 'Where to begin',
    reset: 'State', snapshot: 'State', partners: 'Partners', services: 'Partners', 'spv-requests': 'Review', subscriptions: 'Review', investors: 'Resources', uploads: 'Resources', 'webhook-deliveries': 'Deliveries', webhooks: 'Deliveries', verify: 'Insight', explain: 'Insight', coverage: 'Insight', warnings: 'Insight',
    clock: 'Time', wait: 'Time', chaos: 'Chaos', requests: 'Requests', stream: 'Requests'}[part] ?? 'More';
}

function section(id, title, ...content) {
  return h('section', {class: 'chapter', id, 'aria-labelledby': `${id}-title`}, h('h2', {id: `${id}-title`, tabindex: -1}, title), content);
}

const slug = (text) => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');

function build(spec) {
  const operations = operationsOf(spec);
  const groups = new Map();
  for (const operation of operations) {
    const name = groupOf(operation);
    groups.set(name, [...(groups.get(name) ?? []), operation]);
  }
  const order = isPartner ? (spec.tags ?? []).map((tag) => tag.name).filter((name) => groups.has(name)) : [...groups.keys()];
  const described = new Map((spec.tags ?? []).map((tag) => [tag.name, tag.description]));
  const chapters = [];
  const links = [];
  if (isPartner) {
    const all = guides(client());
    links.push(['Guide', all.map((each) => [each.id, each.title])]);
    chapters.push(...all.map((each) => section(each.id, each.title, each.content)));
  }
  for (const name of order) {
    links.push([name, groups.get(name).map((each) => [each.operationId, each.summary, each.method])]);
    chapters.push(section(`tag-${slug(name)}`, name, described.get(name) && h('p', {class: 'soft'}, described.get(name)), groups.get(name).map((each) => operationCard(each, spec))));
  }
  const hooks = Object.entries(spec.webhooks ?? {});
  if (isPartner) {
    links.push(['Webhooks', [['webhooks', 'Delivery and signature'], ...hooks.map(([name]) => [`webhook-${name}`, name])]]);
    chapters.push(section('webhooks', 'Webhooks', webhookGuide(), hooks.map(([name, item]) => webhookCard(name, item, spec))));
  }
  const schemas = Object.keys(spec.components?.schemas ?? {});
  if (schemas.length > 0) {
    links.push(['Schemas', schemas.map((name) => [`schema-${name}`, name])]);
    chapters.push(section('schemas', 'Schemas', schemas.map((name) => schemaCard(name, spec))));
  }
  return {links, chapters};
}

function schemaCard(name, spec) {
  const inside = h('div');
  return h('details', {class: 'operation', id: `schema-${name}`, ontoggle: (event) => {
    if (event.target.open && !inside.firstChild) fill(inside, schemaTree({$ref: `#/components/schemas/${name}`}, spec));
  }}, h('summary', {}, h('code', {}, name)), inside);
}

function navigation(links) {
  const filter = h('input', {type: 'search', placeholder: 'Filter', 'aria-label': 'Filter the operations', oninput: () => {
    const wanted = filter.value.trim().toLowerCase();
    for (const group of list.children) {
      let shown = 0;
      for (const item of group.querySelectorAll('li')) {
        item.hidden = wanted !== '' && !item.textContent.toLowerCase().includes(wanted) && !item.dataset.id.toLowerCase().includes(wanted);
        shown += item.hidden ? 0 : 1;
      }
      group.hidden = shown === 0;
    }
  }});
  const list = h('div', {class: 'docs-links'}, links.map(([title, items]) => h('section', {}, h('h2', {}, title), h('ul', {class: 'plain'}, items.map(([id, text, method]) => h('li', {data: {id}},
    h('a', {href: `#${id}`}, h('span', {class: 'grow clip'}, text), method && h('span', {class: `method ${method.toLowerCase()}`}, method))))))));
  return {element: h('nav', {class: 'docs-nav', 'aria-label': 'Contents'}, filter, list), filter};
}

function header() {
  const who = h('span', {class: 'row tight'});
  if (isPartner) {
    loadClients().then(() => fill(who, h('label', {class: 'soft small', for: 'docs-client'}, 'Try as'), choice(clients(), client(), chooseClient, {id: 'docs-client'})),
      () => fill(who, h('a', {class: 'badge wait', href: '/_sandbox/console'}, 'log in to try things out')));
  }
  const other = isPartner ? ['/_sandbox/docs', 'Control plane'] : ['/docs', 'Partner API'];
  return h('header', {class: 'top'}, h('a', {class: 'brand', href: '/_sandbox/console'}, logo(), h('span', {}, 'zest-sandbox')), h('strong', {}, isPartner ? 'Partner API' : 'Control plane'), h('span', {class: 'grow'}), who,
    h('a', {class: 'button small', href: other[0]}, other[1]), h('a', {class: 'button small', href: '/_sandbox/console'}, 'Console'), h('a', {class: 'button small', href: address}, icon('open'), 'OpenAPI'), themeButton());
}

/** The element of the address, opened and in sight. */
function follow() {
  const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (!target) return;
  if (target.matches('details')) target.open = true;
  target.scrollIntoView();
  (target.querySelector('h3, h2, summary') ?? target).focus({preventScroll: true});
}

/** Marks what is being read. */
function spy(nav) {
  const items = new Map([...nav.querySelectorAll('li[data-id]')].map((item) => [item.dataset.id, item.firstChild]));
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting || !items.has(entry.target.id)) continue;
      for (const link of items.values()) link.removeAttribute('aria-current');
      items.get(entry.target.id).setAttribute('aria-current', 'true');
    }
  }, {rootMargin: '-60px 0px -75% 0px'});
  for (const id of items.keys()) {
    const target = document.getElementById(id);
    if (target) observer.observe(target);
  }
}

async function start() {
  const reply = await exchange('GET', address).catch(() => null);
  if (reply?.status === 401) {
    document.getElementById('plain').prepend(h('p', {class: 'callout wait'}, h('span', {}, 'This sandbox has an admin token. ', h('a', {href: '/_sandbox/console'}, 'Log in at the console'), ' to see the whole reference.')));
    return;
  }
  if (!reply?.json?.paths) return;
  const {links, chapters} = build(reply.json);
  const nav = navigation(links);
  const main = h('main', {class: 'docs-main', id: 'main'}, h('h1', {}, reply.json.info.title), h('p', {class: 'soft'}, `${reply.json.info.description} Version ${reply.json.info.version}, served at ${location.origin}.`), badge('offline, from this sandbox’s own description'), chapters);
  fill(document.body, h('div', {class: 'docs'}, header(), nav.element, main));
  mountToasts(document.body);
  spy(nav.element);
  follow();
  window.addEventListener('hashchange', follow);
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target.matches('input, textarea, select')) return;
    event.preventDefault();
    nav.filter.focus();
  });
}

start();
