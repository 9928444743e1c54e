// What a partner has made: SPV requests, investors, subscriptions and documents, each with its history of events.
import {h, fill} from '../dom.js';
import {icon} from '../icons.js';
import {get, post, segment} from '../api.js';
import {filterWords, statusWord} from '../facts.js';
import {refreshNow, state, takeDelivery} from '../store.js';
import {go, link, refine, route} from '../router.js';
import {bytes, count, dateTime, parseInstant} from '../text.js';
import {action, attemptTo, badge, empty, failure, loading, pairs, statusBadge} from '../parts/controls.js';
import {copyId} from '../parts/copy.js';
import {jsonBlock} from '../parts/json.js';
import {List, TWO_LINES} from '../parts/list.js';
import {keepPlaces, paged} from '../parts/paged.js';
import {miniMarks} from '../parts/shape.js';
import {split} from '../parts/split.js';
import {lesson} from '../parts/teach.js';
import {deliveryNote, statusBadgeOf} from '../parts/delivery_line.js';
import {completeDialog, rejectDialog, subscriptionStage} from './review.js';

const MOST_EVENTS = 100; // of a history
const MOST_PAGES = 10; // that a linked document is looked for in

const money = (value) => (value ? `${value.value} ${value.currency}` : '');
const idLink = (slug, folder) => h('a', {class: 'id', href: link(`/resources/${folder}/${encodeURIComponent(slug)}`)}, slug);
const times = (text) => h('span', {class: 'times'}, dateTime(parseInstant(text)));
const uploadKey = (upload) => `${upload.subscriptionSlug}.${upload.kind}`;

/** Each kind: where it is listed, how a row looks, what its page tells. */
const KINDS = {
  'spv-requests': {
    text: 'SPV requests', one: 'SPV request', event: 'spv_request.created', statuses: ['pending-review', 'approved', 'rejected', 'cancelled'],
    key: (each) => each.spvRequestSlug,
    row: (each) => [h('span', {class: 'cell-main id clip'}, each.spvRequestSlug), h('span', {class: 'grow clip'}, each.attributes.deal_name ?? each.attributes.underlyingCompanySlug ?? each.templateId), statusBadge(each.status)],
    read: (slug) => get(`/spv-requests/${segment(slug)}`),
    facts: (each) => [['Template', `${each.templateId} ${each.templateVersion}`], ['Reason', each.rejectionReason && each.rejectionReason],
      ['SPV', each.materialisedRefs && copyId(each.materialisedRefs.vehicleSlug, {whole: true})],
      ['Share classes', each.feesAndCarry?.shareClasses.map((one) => `${one.name} (${one.slug})`).join(', ')],
      ['Approved', each.approvedAt && times(each.approvedAt)], ['Cancelled', each.cancelledAt && times(each.cancelledAt)]],
    status: (each) => statusBadge(each.status),
    next: (each) => ({'pending-review': 'Waits for Zest’s review.', approved: 'The SPV exists: investors can be subscribed to it.', rejected: 'Final. The partner submits a new request.', cancelled: 'Final: the partner took it back.'}[each.status]),
    actions: (each, done) => each.status === 'pending-review' && [action('Approve', async () => {
      await post(`/spv-requests/${segment(each.spvRequestSlug)}/approve`);
      await done();
    }, {symbol: 'check', kind: 'primary'}), action('Reject …', () => rejectDialog(each.spvRequestSlug, done), {kind: 'danger'})],
    more: (each) => [h('h3', {class: 'section'}, 'Attributes'), jsonBlock(each.attributes, 'Attributes')],
    async related(each) {
      if (!each.materialisedRefs) return null;
      const list = await get('/subscriptions', {spvSlug: each.materialisedRefs.vehicleSlug, perPage: 50});
      return list.count > 0 && [h('h3', {class: 'section'}, count(list.count, 'subscription')), h('ul', {class: 'plain related'}, list.documents.map((one) => h('li', {class: 'row'}, idLink(one.subscriptionSlug, 'subscriptions'), badge(...subscriptionStage(one)), h('span', {class: 'soft'}, money(one.lumpSum)))))];
    },
  },
  investors: {
    text: 'Investors', one: 'Investor', event: 'investor.created',
    key: (each) => each.zestPersonId,
    row: (each) => [h('span', {class: 'cell-main id clip'}, each.zestPersonId), h('span', {class: 'grow clip'}, `${each.firstName} ${each.lastName}`), h('span', {class: 'soft clip'}, each.partnerInvestorId)],
    read: (id) => get(`/investors/${segment(id)}`),
    facts: (each) => [['Name', `${each.firstName} ${each.lastName}`], ['Partner’s id', each.partnerInvestorId], ['E-mail', each.email], ['Born', each.dateOfBirth], ['Country', each.countryOfResidence]],
    more: () => null,
  },
  subscriptions: {
    text: 'Subscriptions', one: 'Subscription', event: 'subscription.created', statuses: ['pending', 'completed'],
    key: (each) => each.subscriptionSlug,
    row: (each) => [h('span', {class: 'cell-main id clip'}, each.subscriptionSlug), h('span', {class: 'grow clip'}, money(each.lumpSum)), badge(...subscriptionStage(each))],
    read: (slug) => get(`/subscriptions/${segment(slug)}`),
    facts: (each) => [['Investor', idLink(each.personId, 'investors')], ['SPV', copyId(each.spvSlug, {whole: true})], ['Partner’s id', each.partnerSubscriptionId && each.partnerSubscriptionId], ['Amount', money(each.lumpSum)], ['Share class', each.shareClassSlug],
      ['Form', each.formUploadedAt && h('span', {}, times(each.formUploadedAt), ' ', h('a', {href: link(`/resources/uploads/${each.subscriptionSlug}.form`)}, 'look at it'))],
      ['Funding receipt', each.fundingUploadedAt && h('span', {}, times(each.fundingUploadedAt), ` ${each.funding.amount} ${each.funding.currency}, ${each.funding.wireReference} `, h('a', {href: link(`/resources/uploads/${each.subscriptionSlug}.fundingReceipt`)}, 'look at it'))],
      ['Completed', each.completedAt && times(each.completedAt)]],
    status: (each) => badge(...subscriptionStage(each)),
    next: (each) => subscriptionStage(each)[2],
    actions: (each, done) => each.status !== 'completed' && [each.fundingUploadedAt && action('Complete', async () => {
      await post(`/subscriptions/${segment(each.subscriptionSlug)}/complete`);
      await done();
    }, {symbol: 'check', kind: 'primary'}), action(each.fundingUploadedAt ? 'With options …' : 'Complete anyway …', () => completeDialog(each, done))],
    more: () => null,
  },
  uploads: {
    text: 'Documents', one: 'Document', event: 'signed_subscription_form.uploaded',
    key: uploadKey,
    row: (each) => [h('span', {class: 'cell-main clip'}, each.kind === 'form' ? 'Signed form' : 'Funding receipt'), h('span', {class: 'grow id clip'}, each.subscriptionSlug), h('span', {class: 'soft'}, each.contentType), h('span', {class: 'soft times'}, bytes(each.size))],
    at: (each) => each.uploadedAt,
    async read(key) {
      for (let page = 1; page <= MOST_PAGES; page += 1) {
        const list = await get('/uploads', {page, perPage: 1000});
        const found = list.documents.find((each) => uploadKey(each) === key);
        if (found) return found;
        if (list.documents.length < 1000) break;
      }
      throw new Error('There is no such document. It may have been removed by a reset.');
    },
    subject: (each) => each.subscriptionSlug,
    facts: (each) => [['Subscription', idLink(each.subscriptionSlug, 'subscriptions')], ['Investor', idLink(each.personId, 'investors')], ['Type', each.contentType], ['Size', bytes(each.size)], ['SHA-256', copyId(each.sha256)],
      ['Amount', each.amount && `${each.amount} ${each.currency}`], ['Wire reference', each.wireReference && each.wireReference]],
    more: (each) => documentView(each),
  },
};

/** The address of a document on the host by which this page was opened: the sandbox may be known by several names. */
function ownAddress(url) {
  const parsed = new URL(url, location.href);
  return parsed.pathname + parsed.search;
}

function documentView(upload) {
  const address = ownAddress(upload.url);
  const open = h('a', {class: 'button', href: address, target: '_blank', rel: 'noopener'}, icon('open'), 'Open in a new tab');
  if (!upload.contentType.startsWith('image/')) return h('div', {}, open);
  const image = h('img', {class: 'document', src: address, alt: upload.kind === 'form' ? 'The signed form' : 'The funding receipt'});
  image.addEventListener('error', () => image.replaceWith(h('p', {class: 'wait'}, 'The bytes of this document are no picture that a browser can show, whatever its declared type says.')));
  return h('div', {class: 'stack'}, image, h('div', {}, open));
}

/** The deliveries about a resource, in the order in which they happened. */
function history(context, subject) {
  const place = h('div');
  let ids = [];
  const draw = () => {
    const deliveries = ids.map((id) => state.deliveries.get(id)).filter(Boolean);
    fill(place, deliveries.length === 0 ? h('p', {class: 'soft'}, 'No event tells of it yet.') : h('ol', {class: 'plain history'}, deliveries.map((delivery) => h('li', {class: 'row'},
      h('a', {href: link(`/deliveries/${delivery.deliveryId}`)}, delivery.eventType), statusBadgeOf(delivery), miniMarks(delivery, state.held.get(delivery.deliveryId)),
      h('span', {class: 'soft small nowrap'}, deliveryNote(delivery)), h('span', {class: 'grow'}), h('span', {class: 'times soft small'}, dateTime(parseInstant(delivery.createdAt)).slice(5))))));
  };
  const read = async () => {
    const list = await attemptTo(() => get('/webhook-deliveries', {subject, include: 'attempts', perPage: MOST_EVENTS}), () => {});
    if (!list) return;
    ids = list.documents.map((each) => takeDelivery(each).deliveryId).reverse();
    draw();
  };
  read();
  return {place, draw, read};
}

export function resourcesView(context) {
  const documents = new Map();
  const kindName = () => (KINDS[route().path[1]] ? route().path[1] : 'spv-requests');
  const kind = () => KINDS[kindName()];
  const query = () => ({status: route().query.status});
  let shown = null; // {kind, key}
  let events = null;

  const list = new List({
    label: 'Resources',
    key: (each) => each.key,
    version: (each) => `${each.text}/${route().path[2] === each.key}`,
    height: () => (place.clientWidth > TWO_LINES ? 40 : 58),
    onEnd: () => pages.more(),
    row: (each) => ({
      href: link(`/resources/${kindName()}/${encodeURIComponent(each.key)}`, query()),
      current: route().path[2] === each.key,
      class: 'resource-row',
      content: [...each.kind.row(each.value), !state.client && state.partners.size > 1 && h('span', {class: 'cell-client soft clip'}, each.value.clientId),
        h('span', {class: 'cell-time times soft'}, dateTime(parseInstant(each.value.uploadedAt ?? each.value.createdAt)))],
    }),
  });
  context.onLeave(() => list.end());

  const pages = paged({
    async load(page) {
      const name = kindName();
      const found = await get(`/${name}`, {clientId: state.client, status: kind().statuses ? query().status : undefined, ...page});
      for (const each of found.documents) documents.set(`${name}/${KINDS[name].key(each)}`, each);
      return {ids: found.documents.map((each) => KINDS[name].key(each)), count: found.count};
    },
    filter: () => JSON.stringify({kind: kindName(), client: state.client, ...query()}),
    onChange: draw,
  });

  const close = () => {
    const key = route().path[2];
    go(['resources', kindName()], route().query);
    list.focusKey(key);
  };
  const tabs = h('nav', {class: 'tabs', 'aria-label': 'Kinds of resources'});
  const status = h('select', {'aria-label': 'State', onchange: (event) => refine({status: event.target.value})});
  const total = h('span', {class: 'soft small'});
  const toolbar = h('div', {class: 'toolbar'}, h('h1', {class: 'unseen'}, 'Resources'), tabs, h('span', {class: 'grow'}), total, status);
  const place = h('div', {class: 'list-place'});
  const panes = split([toolbar, place], {onClose: close, label: 'Resource'});

  function draw() {
    const name = kindName();
    const items = pages.ids.map((key) => ({key, kind: KINDS[name], value: documents.get(`${name}/${key}`)})).filter((each) => each.value).map((each) => ({...each, text: JSON.stringify(each.value)}));
    total.textContent = pages.isLoaded ? String(pages.count) : '';
    if (pages.problem && items.length === 0) place.replaceChildren(failure(pages.problem, () => pages.reload()));
    else if (!pages.isLoaded) place.replaceChildren(loading(kind().text));
    else if (items.length === 0) place.replaceChildren(nothing());
    else if (list.element.parentNode !== place) place.replaceChildren(list.element);
    list.set(items, pages.isComplete ? h('span', {class: 'soft small'}, 'That is all.') : h('span', {class: 'soft small'}, 'Older ones are read as you scroll …'));
  }

  function nothing() {
    const words = filterWords({state: query().status && statusWord(query().status)});
    if (words) return empty(`No ${kind().one} fits`, h('p', {}, `Narrowed to ${words}.`), h('button', {type: 'button', onclick: () => refine({status: ''})}, 'Clear the filter'));
    if (kindName() === 'spv-requests') return lesson('There is no SPV request yet', 'Everything begins with one. Paste these lines into a shell:', '/spv-requests');
    return empty(`There are no ${kind().text.toLowerCase()} yet`, h('p', {}, 'They are made by calls of the partner API; the page can make those calls too.'), h('a', {class: 'button', href: link('/compose', {event: kind().event})}, 'Make one'));
  }

  async function showDetail(key) {
    const name = kindName();
    const {read} = KINDS[name];
    shown = {name, key};
    const known = documents.get(`${name}/${key}`);
    if (known) drawDetail(known);
    else panes.open(loading('the resource'));
    const value = await attemptTo(() => read(key), (error) => panes.open(failure(error, () => showDetail(key))));
    if (!value || shown?.key !== key || shown.name !== name) return;
    const before = documents.get(`${name}/${key}`);
    documents.set(`${name}/${key}`, value);
    if (!known || JSON.stringify(before) !== JSON.stringify(value)) drawDetail(value);
    list.redraw();
  }

  function drawDetail(value) {
    const {name, key} = shown;
    const facts = KINDS[name];
    const subject = facts.subject ? facts.subject(value) : key;
    const related = h('div');
    const done = async () => {
      await refreshNow('resources');
      await showDetail(key);
    };
    const actions = facts.actions?.(value, done);
    const position = panes.element.querySelector('.detail')?.scrollTop ?? 0;
    events = history(context, subject);
    panes.open(h('div', {class: 'stack wide'},
      h('div', {class: 'row'}, h('h2', {tabindex: -1}, name === 'uploads' ? facts.row(value)[0].textContent : facts.one), facts.status?.(value), name !== 'uploads' && copyId(key, {whole: true})),
      facts.next && h('div', {class: 'callout'}, h('p', {}, facts.next(value))),
      actions && h('div', {class: 'row'}, actions),
      pairs([...facts.facts(value), ['Partner', h('a', {href: link(`/partners/${encodeURIComponent(value.clientId)}`)}, value.clientId)], ['Created', value.createdAt && times(value.createdAt)], ['Uploaded', value.uploadedAt && times(value.uploadedAt)]]),
      h('section', {}, h('h3', {class: 'section'}, name === 'uploads' ? 'Events of its subscription' : 'History'), events.place),
      related, h('div', {}, facts.more(value)),
      name !== 'spv-requests' && h('details', {}, h('summary', {}, 'JSON'), jsonBlock(value, 'Resource'))));
    panes.element.querySelector('.detail').scrollTop = position;
    if (facts.related) attemptTo(async () => fill(related, await facts.related(value)), () => {});
  }

  const later = keepPlaces(draw, context);
  context.on(['resources'], () => {
    pages.refresh();
    if (shown) showDetail(shown.key);
  });
  context.on(['deliveries', 'held', 'clocks'], () => events?.draw());
  context.on(['stale'], () => events?.read());
  context.on(['restart'], () => {
    documents.clear();
    pages.reload();
  });
  context.on(['partners'], later);

  return {
    title: 'Resources',
    element: h('div', {class: 'view'}, panes.element),
    back: () => (panes.isOpen ? close() : undefined),
    update(now) {
      fill(tabs, Object.entries(KINDS).map(([name, each]) => h('a', {href: link(`/resources/${name}`), 'aria-current': name === kindName() ? 'page' : null}, each.text)));
      status.hidden = !kind().statuses;
      fill(status, h('option', {value: ''}, 'Any state'), (kind().statuses ?? []).map((each) => h('option', {value: each}, statusWord(each))));
      status.value = query().status ?? '';
      pages.follow();
      const key = now.path[2];
      if (key && (shown?.key !== key || shown.name !== kindName() || !panes.isOpen)) showDetail(key);
      if (!key && panes.isOpen) {
        shown = null;
        events = null;
        panes.close();
      }
      list.redraw();
      draw();
    },
  };
}
