// Deliveries on virtual time: a row each, grouped by what they are about, with attempts made and planned.
import {h, fill} from '../dom.js';
import {icon} from '../icons.js';
import {EVENT_TYPES, statusWord, subjectKind, tone} from '../facts.js';
import {loadDeliveries, PAGE, state, virtualNow} from '../store.js';
import {go, link, refine, route} from '../router.js';
import {count} from '../text.js';
import {Chart} from '../timeline/chart.js';
import {groupDeliveries} from '../timeline/layout.js';
import {marksOf, SHAPES} from '../timeline/marks.js';
import {shapeIcon} from '../parts/shape.js';
import {list as listKeys} from '../keys.js';
import {attemptTo, badge, choice} from '../parts/controls.js';
import {deliveryPhrase} from '../parts/delivery_line.js';
import {split} from '../parts/split.js';
import {lesson} from '../parts/teach.js';
import {openDialog} from '../parts/dialog.js';
import {announce} from '../parts/toast.js';
import {Tip} from '../parts/tip.js';
import {deliveryDetail} from './delivery.js';

const NARROW = matchMedia('(max-width: 720px)');
const REDRAW = 120; // ms; a burst of changes is one drawing
const LATEST = {'spv_request.created': 'pending-review', 'spv_request.completed': 'approved', 'spv_request.rejected': 'rejected',
  'spv_request.cancelled': 'cancelled', 'investor.created': 'created', 'subscription.created': 'pending',
  'signed_subscription_form.uploaded': 'form signed', 'funding_receipt.uploaded': 'funded', 'subscription.completed': 'completed'};

/** The state of a group's resource as its newest event tells it. */
const stateOf = (group) => LATEST[group.deliveries.at(-1).eventType] ?? '';

function legend() {
  const mark = (name, kind, bolt) => [h('dt', {}, shapeIcon(name, kind)), h('dd', {}, bolt ?? SHAPES[name].name)];
  openDialog('Marks', [h('dl', {class: 'pairs legend'}, mark('delivered', 'good'), mark('failed', 'bad'), mark('dead', 'bad'), mark('planned', 'wait'),
    mark('flight', 'note'), mark('held', 'chaos', 'held by a chaos rule'), mark('copy', 'note', 'extra copy of a delivery'), mark('replay', 'note', 'replay of a delivered event'),
    mark('tampered', 'chaos', 'forged copy: to be refused'), mark('waiting', 'wait', 'waiting; nothing was sent yet')),
  h('p', {class: 'soft small'}, 'A small bolt above a mark: a chaos rule shaped that attempt. ×3: three marks too close to tell apart; zoom in.')]);
}

export function timelineView(context) {
  let ids = [];
  let total = 0;
  let isLoading = false;
  let isLoaded = false;
  let problem = null;
  const tip = new Tip();

  const nowLines = () => {
    const clients = state.client ? [state.client] : [...new Set([...state.deliveries.values()].map((each) => each.clientId))];
    const known = clients.length > 0 ? clients : [''];
    return known.map((client) => ({at: virtualNow(client), label: known.length > 1 ? client : 'now'})).filter((line) => Number.isFinite(line.at));
  };

  const several = () => !state.client && state.clocks.size > 1;
  const chart = new Chart({
    rowHeight: () => (NARROW.matches ? 50 : 28),
    stripY: (height) => (height > 40 ? 37 : 15),
    marks: (delivery) => marksOf(delivery, {held: state.held.get(delivery.deliveryId), now: virtualNow(delivery.clientId)}),
    rowVersion: (delivery) => `${delivery.version}/${state.held.has(delivery.deliveryId)}/${deliveryPhrase(delivery)}`,
    groupVersion: (group) => `${group.deliveries.length}/${stateOf(group)}/${several()}`,
    isCurrent: (delivery) => route().path[1] === delivery.deliveryId,
    href: (delivery) => link(`/timeline/${delivery.deliveryId}`, keep()),
    nowLines,
    rowLabel(delivery) {
      return {className: state.held.has(delivery.deliveryId) ? 'chaos' : tone(delivery.status),
        content: [h('span', {class: 'clip grow'}, delivery.eventType), h('span', {class: 'tl-phrase'}, deliveryPhrase(delivery, true)), h('span', {class: 'unseen'}, deliveryPhrase(delivery))]};
    },
    groupLabel(group) {
      return [h('span', {class: 'tl-label'}, h('a', {href: link(subjectPath(group.subject)), class: 'id'}, group.subject), badge(statusWord(stateOf(group)), tone(stateOf(group))),
        h('span', {class: 'soft small clip'}, subjectKind(group.subject), several() && ` of ${group.clientId}`))];
    },
    onMark(at) {
      if (!at) return tip.hide();
      tip.show(at.x, at.y, [at.mark.title, ...at.mark.text]);
      return announce(`${at.mark.title}. ${at.mark.text.join(' ')}`);
    },
    onEnd: () => more(),
  });
  context.onLeave(() => {
    chart.end();
    tip.remove();
  });

  const keep = () => ({type: route().query.type, subject: route().query.subject});
  const filters = () => ({clientId: state.client, eventType: route().query.type, subject: route().query.subject});

  const detail = deliveryDetail(context);
  const close = () => {
    const id = route().path[1];
    go(['timeline'], route().query);
    if (id) chart.focusRow(id);
  };

  // ---- toolbar
  const search = h('input', {type: 'search', placeholder: 'Subject: svr_…', 'aria-label': 'Only deliveries about this slug or person',
    'data-search': '', oninput: (event) => refine({subject: event.target.value.trim()})});
  const types = choice([['', 'All event types'], ...EVENT_TYPES], '', (value) => refine({type: value}), {'aria-label': 'Event type'});
  const linear = h('button', {type: 'button', class: 'small', 'aria-pressed': 'false', title: 'Equal room for equal times, instead of a compressed axis', onclick: () => {
    chart.setLinear(!chart.isLinear);
    localStorage.setItem('zest-linear', chart.isLinear ? '1' : '');
    linear.setAttribute('aria-pressed', String(chart.isLinear));
  }}, 'Linear');
  if (localStorage.getItem('zest-linear')) linear.click();
  const tool = (symbol, label, work) => h('button', {type: 'button', class: 'icon small', 'aria-label': label, title: label, onclick: work}, icon(symbol));
  const toolbar = h('div', {class: 'toolbar'}, h('h1', {class: 'unseen'}, 'Timeline'), search, types, h('span', {class: 'grow'}),
    h('button', {type: 'button', class: 'quiet small', onclick: legend}, 'Marks'), linear,
    h('div', {class: 'row tight', role: 'group', 'aria-label': 'Zoom'}, tool('minus', 'Zoom out (-)', () => chart.zoomBy(1 / 1.6)), tool('fit', 'Fit (0)', () => chart.fit()), tool('plus', 'Zoom in (+)', () => chart.zoomBy(1.6))));
  const nothing = h('div', {class: 'tl-empty', hidden: true});
  const panes = split([toolbar, chart.element, nothing], {onClose: close, label: 'Delivery', below: true});

  // ---- data
  async function load(query = {}) {
    isLoading = true;
    const asked = JSON.stringify(filters());
    const page = await attemptTo(() => loadDeliveries({...filters(), ...query}), (error) => { problem = error; });
    isLoading = false;
    if (!page || asked !== JSON.stringify(filters())) return;
    problem = null;
    isLoaded = true;
    total = page.count;
    ids = [...new Set([...page.ids, ...ids])];
    draw();
  }
  const more = () => {
    if (isLoading || !isLoaded || ids.length >= total) return;
    load({page: Math.floor(ids.length / PAGE) + 1});
  };
  let timer = 0;
  const later = () => { timer ||= setTimeout(draw, REDRAW); };
  context.onLeave(() => clearTimeout(timer));

  function draw() {
    clearTimeout(timer);
    timer = 0;
    const shown = ids.map((id) => state.deliveries.get(id)).filter(Boolean);
    const isEmpty = isLoaded && shown.length === 0;
    nothing.hidden = !isEmpty;
    chart.element.hidden = isEmpty;
    if (isEmpty) fill(nothing, emptyState());
    chart.set(groupDeliveries(shown), isLoaded && (ids.length < total ? h('span', {class: 'soft small'}, 'Older deliveries are read as you scroll …')
      : h('span', {class: 'soft small'}, `${count(shown.length, 'delivery', 'deliveries')}: that is all.`)));
  }

  function emptyState() {
    const {type, subject} = route().query;
    if (type || subject) {
      return h('div', {class: 'empty'}, h('h2', {}, 'No delivery fits the filter'), h('p', {}, [type && `type ${type}`, subject && `subject ${subject}`].filter(Boolean).join(', ')),
        h('button', {type: 'button', onclick: () => refine({type: '', subject: ''})}, 'Clear the filter'));
    }
    return lesson('Nothing was delivered yet', 'Webhooks stand here as they are sent, on virtual time, with every retry made and planned. Paste these lines into a shell to see the first one:', '/webhook-deliveries');
  }

  context.on(['deliveries', 'held'], later);
  context.on(['clocks'], () => chart.redraw());
  context.on(['stale'], () => load());
  context.on(['restart'], () => { ids = []; });
  context.on(['connection'], () => { if (problem) load(); });
  const ticking = setInterval(() => chart.redraw(), 1000); // "next in" counts down
  context.onLeave(() => clearInterval(ticking));

  pointer(chart, tip);
  keyboard(chart, tip);
  let shownFilter = null;
  return {
    title: 'Timeline',
    element: h('div', {class: 'view timeline'}, panes.element),
    back: () => (panes.isOpen ? close() : undefined),
    update(now) {
      const filter = JSON.stringify(filters());
      if (search !== document.activeElement) search.value = now.query.subject ?? '';
      types.value = now.query.type ?? '';
      if (filter !== shownFilter) {
        shownFilter = filter;
        ids = [];
        isLoaded = false;
        load();
      }
      const id = now.path[1];
      if (id) {
        if (detail.id !== id || !panes.isOpen) panes.open(detail.show(id));
        detail.showAttempt(now.query.attempt);
      } else if (panes.isOpen) {
        panes.close();
        detail.leave();
      }
      chart.redraw();
    },
  };
}

function subjectPath(subject) {
  const folder = {svr_: 'spv-requests', sub_: 'subscriptions', psn_: 'investors'}[subject.slice(0, 4)];
  return folder ? `/resources/${folder}/${encodeURIComponent(subject)}` : '/resources';
}

/** Hover, drag, wheel and pinch. */
function pointer(chart, tip) {
  const {element} = chart;
  let drag = null;
  const touches = new Map();
  const over = (event) => {
    if (drag) return;
    const at = chart.markAt(event);
    if (!at) return tip.hide();
    const box = at.element.getBoundingClientRect();
    const marks = at.place.marks;
    return tip.show(box.left + box.width / 2, box.bottom, marks.length > 1 ? [`${marks.length} marks`, ...marks.slice(0, 8).map((mark) => `${mark.title}: ${mark.text[0]}`)] : [marks[0].title, ...marks[0].text]);
  };
  element.addEventListener('pointermove', over);
  element.addEventListener('pointerleave', () => tip.hide());
  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !event.target.closest('.tl-strip, .tl-ticks')) return;
    touches.set(event.pointerId, event.clientX);
    drag = {x: event.clientX, moved: false};
  });
  window.addEventListener('pointermove', (event) => {
    if (!drag || !touches.has(event.pointerId)) return;
    const before = [...touches.values()];
    touches.set(event.pointerId, event.clientX);
    const after = [...touches.values()];
    if (after.length === 2) {
      const left = chart.axis.element.getBoundingClientRect().left;
      const factor = Math.abs(after[0] - after[1]) / Math.max(Math.abs(before[0] - before[1]), 1);
      drag.moved = true;
      chart.zoomBy(factor, (after[0] + after[1]) / 2 - left);
      return;
    }
    if (!drag.moved && Math.abs(event.clientX - drag.x) < 4) return;
    drag.moved = true;
    element.classList.add('dragging');
    tip.hide();
    chart.panBy(drag.x - event.clientX);
    drag.x = event.clientX;
  });
  const drop = (event) => {
    touches.delete(event.pointerId);
    if (touches.size > 0) return;
    element.classList.remove('dragging');
    const moved = drag?.moved;
    drag = null;
    if (moved) window.addEventListener('click', (click) => click.preventDefault(), {capture: true, once: true});
    // A drag that ends elsewhere makes no click to swallow.
    if (moved) setTimeout(() => window.dispatchEvent(new Event('click')), 0);
  };
  window.addEventListener('pointerup', drop);
  window.addEventListener('pointercancel', drop);
  element.addEventListener('wheel', (event) => {
    const left = chart.axis.element.getBoundingClientRect().left;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      chart.zoomBy(Math.exp(-event.deltaY / 300), event.clientX - left);
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      chart.panBy(event.deltaX || event.deltaY);
    }
  }, {passive: false});
  // A mark leads to its attempt.
  element.addEventListener('click', (event) => {
    const at = chart.markAt(event);
    if (!at || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    tip.hide();
    const index = at.place.mark.index;
    go(['timeline', at.drawn.link.dataset.key], {...route().query, attempt: index === undefined ? '' : index + 1});
  });
}

function keyboard(chart, tip) {
  listKeys('Timeline', '← →', 'The marks of the focused delivery, one by one');
  listKeys('Timeline', 'Shift ← →', 'Move the window');
  listKeys('Timeline', '+ - 0', 'Zoom in, zoom out, fit');
  chart.element.addEventListener('focusin', (event) => {
    const link = event.target.closest('.tl-row');
    if (!link || link.dataset.key === chart.active) return;
    chart.active = link.dataset.key;
    chart.activeMark = null;
    chart.redraw();
  });
  chart.element.addEventListener('focusout', () => tip.hide());
  chart.element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isRow = event.target.closest('.tl-row');
    const actions = {'+': () => chart.zoomBy(1.6), '=': () => chart.zoomBy(1.6), '-': () => chart.zoomBy(1 / 1.6), 0: () => chart.fit()};
    if (event.shiftKey) Object.assign(actions, {ArrowLeft: () => chart.panBy(-80), ArrowRight: () => chart.panBy(80)});
    else if (isRow) {
      Object.assign(actions, {ArrowLeft: () => chart.moveMark(-1), ArrowRight: () => chart.moveMark(1), ArrowDown: () => chart.moveRow(1), j: () => chart.moveRow(1),
        ArrowUp: () => chart.moveRow(-1), k: () => chart.moveRow(-1), Home: () => chart.moveRow('first'), End: () => chart.moveRow('last')});
      if (event.key === 'Enter' && chart.activeMark?.startsWith('a')) {
        actions.Enter = () => go(['timeline', chart.active], {...route().query, attempt: Number(chart.activeMark.slice(1)) + 1});
      }
    }
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
