// The list of deliveries, newest first, with filters; the chosen one beside it.
import {h} from '../dom.js';
import {post} from '../api.js';
import {DELIVERY_STATUSES, EVENT_TYPES, filterWords, statusWord} from '../facts.js';
import {loadDeliveries, refreshNow, state} from '../store.js';
import {go, link, refine, route} from '../router.js';
import {count, dateTime, parseInstant, shortId} from '../text.js';
import {action, choice, empty, failure, loading} from '../parts/controls.js';
import {deliveryNote, statusBadgeOf} from '../parts/delivery_line.js';
import {confirmed} from '../parts/dialog.js';
import {List, TWO_LINES} from '../parts/list.js';
import {keepPlaces, paged} from '../parts/paged.js';
import {miniMarks} from '../parts/shape.js';
import {split} from '../parts/split.js';
import {lesson} from '../parts/teach.js';
import {toast} from '../parts/toast.js';
import {deliveryDetail} from './delivery.js';

export function deliveriesView(context) {
  const detail = deliveryDetail(context);
  const query = () => ({status: route().query.status, type: route().query.type, subject: route().query.subject});
  const fits = (delivery) => {
    const {status, type, subject} = query();
    return (!status || delivery.status === status) && (!type || delivery.eventType === type)
      && (!subject || delivery.subject === subject || pages.ids.includes(delivery.deliveryId));
  };

  const list = new List({
    label: 'Deliveries',
    key: (delivery) => delivery.deliveryId,
    version: (delivery) => `${delivery.version}/${deliveryNote(delivery)}/${fits(delivery)}/${route().path[1] === delivery.deliveryId}`,
    height: () => (place.clientWidth > TWO_LINES ? 42 : 62),
    onEnd: () => pages.more(),
    row: (delivery) => ({
      href: link(`/deliveries/${delivery.deliveryId}`, query()),
      current: route().path[1] === delivery.deliveryId,
      class: `delivery-row ${fits(delivery) ? '' : 'stale'}`,
      content: [h('span', {class: 'cell-status'}, statusBadgeOf(delivery)),
        h('span', {class: 'cell-main clip'}, h('strong', {}, delivery.eventType)),
        h('span', {class: 'cell-phrase soft clip'}, deliveryNote(delivery)),
        h('span', {class: 'cell-subject id clip'}, shortId(delivery.subject)), h('span', {class: 'unseen'}, delivery.deliveryId),
        miniMarks(delivery, state.held.get(delivery.deliveryId)),
        !state.client && state.partners.size > 1 && h('span', {class: 'cell-client soft clip'}, delivery.clientId),
        h('span', {class: 'cell-time times soft', title: dateTime(parseInstant(delivery.createdAt))}, dateTime(parseInstant(delivery.createdAt)).slice(5))],
    }),
  });
  context.onLeave(() => list.end());

  const pages = paged({
    load: (page) => loadDeliveries({clientId: state.client, status: query().status, eventType: query().type, subject: query().subject, ...page}),
    filter: () => JSON.stringify({client: state.client, ...query()}),
    onChange: draw,
  });

  const close = () => {
    const id = route().path[1];
    go(['deliveries'], route().query);
    list.focusKey(id);
  };

  const search = h('input', {type: 'search', 'data-search': '', placeholder: 'Subject or id', 'aria-label': 'Only deliveries about this slug or person; an id opens it',
    oninput: (event) => {
      const text = event.target.value.trim();
      if (/^wde_[0-9a-f]{16}$/.test(text)) go(['deliveries', text], {client: state.client});
      else refine({subject: text});
    }});
  const statuses = choice([['', 'Any state'], ...DELIVERY_STATUSES.map((each) => [each, statusWord(each)])], '', (value) => refine({status: value}), {'aria-label': 'State'});
  const types = choice([['', 'All event types'], ...EVENT_TYPES], '', (value) => refine({type: value}), {'aria-label': 'Event type'});
  const total = h('span', {class: 'soft small'});
  const retryAll = action('Retry all dead', async () => {
    const {type, subject} = query();
    const body = {status: 'dead', ...(state.client && {clientId: state.client}), ...(type && {eventType: type}), ...(subject && {subject})};
    const {count: number} = await post('/webhook-deliveries/retry', {...body, dryRun: true});
    if (number === 0) return toast('There is no dead delivery here.');
    if (!(await confirmed('Retry all dead deliveries', `${count(number, 'dead delivery', 'dead deliveries')} ${number === 1 ? 'goes' : 'go'} out again on a fresh schedule, with the same event id and the same bytes.`, `Retry ${number}`, 'primary'))) return undefined;
    const done = await post('/webhook-deliveries/retry', body);
    await refreshNow();
    return toast(`${count(done.count, 'delivery', 'deliveries')} offered again.`, {kind: 'good'});
  }, {symbol: 'retry', kind: 'small'});
  const toolbar = h('div', {class: 'toolbar'}, h('h1', {class: 'unseen'}, 'Deliveries'), search, statuses, types, h('span', {class: 'grow'}), total, retryAll);
  const place = h('div', {class: 'list-place'});
  const panes = split([toolbar, place], {onClose: close, label: 'Delivery'});

  function draw() {
    const items = pages.ids.map((id) => state.deliveries.get(id)).filter(Boolean);
    retryAll.hidden = state.counts.dead === 0;
    total.textContent = pages.isLoaded ? count(pages.count, 'delivery', 'deliveries') : '';
    if (pages.problem && items.length === 0) place.replaceChildren(failure(pages.problem, () => pages.reload()));
    else if (!pages.isLoaded) place.replaceChildren(loading('the deliveries'));
    else if (items.length === 0) place.replaceChildren(nothing());
    else if (list.element.parentNode !== place) place.replaceChildren(list.element);
    list.set(items, pages.isComplete ? h('span', {class: 'soft small'}, 'That is all.') : h('span', {class: 'soft small'}, 'Older ones are read as you scroll …'));
  }

  function nothing() {
    const words = filterWords({state: query().status && statusWord(query().status), type: query().type, subject: query().subject});
    if (words) {
      return empty('No delivery fits', h('p', {}, `Narrowed to ${words}.`), h('button', {type: 'button', onclick: () => refine({status: '', type: '', subject: ''})}, 'Clear the filter'));
    }
    return lesson('Nothing was delivered yet', 'Each event of the API becomes a delivery: a signed webhook, retried until it is taken. Paste these lines into a shell to make the first one:', '/webhook-deliveries');
  }

  context.on(['deliveries', 'held', 'clocks'], keepPlaces(draw, context));
  context.on(['stale'], () => pages.refresh());
  context.on(['restart'], () => pages.reset());
  context.on(['connection'], () => { if (pages.problem) pages.reload(); });
  const ticking = setInterval(() => list.draw(), 1000);
  context.onLeave(() => clearInterval(ticking));

  return {
    title: 'Deliveries',
    element: h('div', {class: 'view'}, panes.element),
    back: () => (panes.isOpen ? close() : undefined),
    update(now) {
      const {status, type, subject} = query();
      if (search !== document.activeElement) search.value = subject ?? '';
      statuses.value = status ?? '';
      types.value = type ?? '';
      pages.follow();
      const id = now.path[1];
      if (id && (detail.id !== id || !panes.isOpen)) {
        panes.open(detail.show(id));
      } else if (!id && panes.isOpen) {
        panes.close();
        detail.leave();
      }
      if (id) detail.showAttempt(now.query.attempt);
      list.redraw();
      draw();
    },
  };
}
