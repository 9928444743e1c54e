// One delivery in full; beside the timeline, the list of deliveries, and wherever else one is shown.
import {h, fill} from '../dom.js';
import {icon} from '../icons.js';
import {control, post, segment} from '../api.js';
import {deliveryStory, plannedAttempts, subjectLink, tone} from '../facts.js';
import {loadDelivery, refreshNow, state, takeDelivery, virtualNow} from '../store.js';
import {link} from '../router.js';
import {dateTime, duration, parseInstant} from '../text.js';
import {advance} from '../parts/advance.js';
import {attemptContent, attemptLine, curlOf} from '../parts/attempt.js';
import {copyButton, copyId} from '../parts/copy.js';
import {jsonBlock, textBlock} from '../parts/json.js';
import {signaturePanel} from '../parts/signature.js';
import {action, attemptTo, failure, loading, pairs, statusBadge} from '../parts/controls.js';
import {deliveryChain} from '../parts/explain.js';
import {shapeIcon} from '../parts/shape.js';
import {toast} from '../parts/toast.js';

/** What can be made to happen to the next delivery of the same type. */
const NEXT = [
  ['is lost on the way once', {type: 'drop', attempts: 1}],
  ['fails until it is dead', {type: 'drop'}],
  ['arrives, but the answer is lost', {type: 'lostAck', attempts: 1}],
  ['comes twice', {type: 'duplicate', copies: 1}],
  ['comes 5 minutes late', {type: 'delay', by: '5m'}],
  ['is held until it is released', {type: 'hold', untilReleased: true}],
  ['comes with a forged copy before it', {type: 'tamper', what: 'signature'}],
  ['comes again a day later', {type: 'replay', after: '25h'}],
];

function nextMenu(delivery) {
  const menu = h('details', {class: 'menu'}, h('summary', {class: 'button small'}, icon('chaos'), 'Next one …'),
    h('div', {class: 'menu-items'}, h('p', {class: 'soft small'}, `The next ${delivery.eventType} of ${delivery.clientId}`),
      NEXT.map(([text, what]) => action(text, async () => {
        const rule = await post('/chaos/rules', {on: 'webhook', clientId: delivery.clientId, match: {eventType: delivery.eventType, first: 1}, action: what});
        menu.open = false;
        await refreshNow('rules');
        toast(`The next ${delivery.eventType} ${text}.`, {kind: 'note', link: {href: link(`/chaos/${rule.id}`), text: `Rule ${rule.id}`}});
      }, {kind: 'quiet'}))));
  return menu;
}

/** {id, show(id) -> element, showAttempt(number), leave()}; keeps itself true until the view ends. */
export function deliveryDetail(context) {
  const self = {id: null, show, showAttempt, leave};
  let parts = null;
  let wantedAttempt = null;
  const opened = new Set();

  function show(id) {
    self.id = id;
    parts = {top: h('div', {class: 'stack'}), attempts: h('ol', {class: 'plain attempts', 'aria-label': 'Attempts'}), rows: new Map(), planned: h('div'),
      signature: h('div'), envelope: h('div'), element: h('div', {class: 'delivery-detail'})};
    opened.clear();
    const known = state.deliveries.get(id);
    fill(parts.element, known ? null : loading('the delivery'));
    if (known) build(known);
    read();
    return parts.element;
  }

  function leave() {
    self.id = null;
    parts = null;
  }

  async function read() {
    const id = self.id;
    const delivery = await attemptTo(() => loadDelivery(id), (error) => {
      if (self.id === id && !state.deliveries.has(id)) fill(parts.element, failure(error, read));
    });
    if (delivery && self.id === id) build(delivery);
  }

  function build(delivery) {
    if (parts.built) return update(delivery);
    parts.built = true;
    fill(parts.element,
      h('div', {class: 'stack wide'}, parts.top, h('section', {}, h('h3', {class: 'section'}, 'Attempts'), parts.attempts, parts.planned), deliveryChain(delivery.deliveryId)),
      h('div', {class: 'stack wide'}, h('section', {}, h('h3', {class: 'section'}, 'Event'), parts.envelope),
        h('section', {}, h('h3', {class: 'section'}, 'Signature'), parts.signature)));
    return update(delivery);
  }

  function update(delivery) {
    const held = state.held.get(delivery.deliveryId);
    const now = virtualNow(delivery.clientId);
    const partner = state.partners.get(delivery.clientId);
    const clock = state.clocks.get(delivery.clientId);
    drawTop(delivery, {held, now, partner, clock});
    drawAttempts(delivery, partner);
    drawPlanned(delivery, held || (partner && !partner.webhookUrl) || clock?.paused, now);
    if (delivery.body !== undefined && !parts.hasEnvelope) drawEnvelope(delivery);
    const signed = (delivery.attempts ?? []).filter((each) => each.requestHeaders).at(-1);
    const stamp = `${signed?.wallTime}/${delivery.body !== undefined}`;
    if (parts.signatureStamp !== stamp && delivery.body !== undefined) {
      parts.signatureStamp = stamp;
      fill(parts.signature, signaturePanel(delivery, signed));
    }
  }

  /** A button for what a story says can be done. */
  function remedy(name, delivery, rule) {
    const {clientId, deliveryId} = delivery;
    const start = (label, work, ...topics) => action(label, async () => {
      await work();
      await refreshNow(...topics);
      await loadDelivery(deliveryId);
    }, {symbol: 'play', kind: 'primary small'});
    switch (name) {
      case 'release': return start('Release', () => post(`/chaos/held/${segment(deliveryId)}/release`), 'held');
      case 'resume': return start('Resume webhooks', () => post('/webhooks/resume', {clientId}), 'partners');
      case 'advance': return start('Advance to it', () => advance({to: delivery.nextAttemptAt}, `Advanced to the next attempt of ${delivery.eventType}`, clientId));
      case 'url': return h('a', {class: 'button primary small', href: link(`/partners/${encodeURIComponent(clientId)}`)}, 'Give it a webhook URL');
      case 'rule': return h('a', {class: 'button small', href: link(`/chaos/${encodeURIComponent(rule)}`)}, icon('chaos'), `Rule ${rule}`);
      case 'rules': return h('a', {class: 'button small', href: link('/chaos')}, icon('chaos'), 'Chaos rules');
      default: return h('button', {type: 'button', class: 'small', onclick: () => parts.signature.scrollIntoView({block: 'start'})}, icon('check'), 'Check the signature');
    }
  }

  function drawTop(delivery, facts) {
    const {text, todo, rule} = deliveryStory(delivery, facts);
    const stamp = `${delivery.version}/${Boolean(facts.held)}/${text}/${facts.partner?.webhookUrl}`;
    if (parts.topStamp === stamp) return;
    parts.topStamp = stamp;
    // A menu that is open stays.
    if (parts.top.querySelector('details[open]')) return;
    const heading = parts.top.querySelector('h2');
    const hadFocus = heading && document.activeElement === heading;
    const last = (delivery.attempts ?? []).at(-1);
    const retriable = delivery.status !== 'in_flight' && !todo.some((each) => ['release', 'url', 'resume'].includes(each));
    fill(parts.top,
      h('div', {class: 'row'}, h('h2', {tabindex: -1}, delivery.eventType), statusBadge(delivery.status), copyId(delivery.deliveryId, {whole: true})),
      h('div', {class: `callout ${facts.held ? 'chaos' : tone(delivery.status)}`}, h('p', {}, text)),
      h('div', {class: 'row'}, todo.map((name) => remedy(name, delivery, rule)),
        retriable && action(delivery.status === 'pending' || delivery.status === 'retrying' ? 'Send now' : 'Retry', async () => {
          takeDelivery(await control('POST', `/webhook-deliveries/${segment(delivery.deliveryId)}/retry`, {body: {}}));
          await refreshNow();
          await loadDelivery(delivery.deliveryId);
        }, {symbol: 'retry', kind: delivery.status === 'dead' ? 'primary small' : 'small', title: 'Offers the event again on a fresh schedule'}),
        copyButton(() => curlOf(delivery, last, facts.partner?.webhookUrl), 'Copy as curl'), nextMenu(delivery)),
      pairs([['Subject', subjectLink(delivery.subject) ? h('a', {class: 'id', href: link(subjectLink(delivery.subject))}, delivery.subject) : delivery.subject],
        ['Partner', h('a', {href: link(`/partners/${encodeURIComponent(delivery.clientId)}`)}, delivery.clientId)],
        ['Goes to', facts.partner ? facts.partner.webhookUrl ?? h('span', {class: 'wait'}, 'no webhook URL') : null],
        ['Created', h('span', {class: 'times'}, dateTime(parseInstant(delivery.createdAt)))]]));
    if (hadFocus) parts.top.querySelector('h2').focus();
  }

  function drawAttempts(delivery, partner) {
    const attempts = delivery.attempts ?? [];
    const lacking = attempts.some((each) => each.requestHeaders === undefined);
    if (lacking && parts.asked !== attempts.length && delivery.body !== undefined) {
      parts.asked = attempts.length;
      read();
    }
    if (parts.attemptStamp === delivery.version) return;
    parts.attemptStamp = delivery.version;
    const rows = attempts.map((attempt, index) => {
      const key = `${attempt.schedule}/${attempt.kind}/${attempt.number}/${attempt.wallTime}`;
      let row = parts.rows.get(key);
      if (!row) {
        const content = h('div');
        const details = h('details', {class: 'attempt', data: {attempt: String(index + 1)}, ontoggle: () => fillAttempt(key)}, h('summary'), content);
        row = {element: h('li', {}, details), details, content};
        parts.rows.set(key, row);
      }
      row.attempt = attempt;
      row.delivery = delivery;
      row.url = partner?.webhookUrl;
      fill(row.details.firstChild, attemptLine(delivery, attempt, index));
      if (row.details.open && row.filled !== Boolean(attempt.requestHeaders)) fillAttempt(key);
      return row.element;
    });
    if (rows.length === 0) return fill(parts.attempts, h('li', {class: 'soft'}, 'No attempt was made yet.'));
    // Only what is new is put in, so that what is open and focused stays.
    for (const child of [...parts.attempts.children]) if (!rows.includes(child)) child.remove();
    rows.forEach((row, index) => {
      if (parts.attempts.children[index] !== row) parts.attempts.insertBefore(row, parts.attempts.children[index] ?? null);
    });
    return openWanted();
  }

  function fillAttempt(key) {
    const row = parts.rows.get(key);
    if (!row.details.open) return;
    row.filled = Boolean(row.attempt.requestHeaders);
    fill(row.content, attemptContent(row.delivery, row.attempt, row.url));
  }

  function showAttempt(number) {
    wantedAttempt = number ?? null;
    openWanted();
  }

  // What the address asks for, else the last failed one, once.
  function openWanted() {
    if (!parts || parts.rows.size === 0) return;
    const rows = [...parts.rows.values()];
    const wanted = wantedAttempt ? rows[Number(wantedAttempt) - 1] : null;
    if (wanted && opened.has(wantedAttempt)) return;
    const row = wanted ?? (opened.size === 0 ? rows.filter((each) => each.attempt.outcome !== 'delivered').at(-1) : null);
    if (!row) return;
    opened.add(wantedAttempt ?? 'first');
    row.details.open = true;
    if (wanted) row.details.scrollIntoView({block: 'nearest'});
  }

  function drawPlanned(delivery, parked, now) {
    const planned = parked ? [] : plannedAttempts(delivery);
    const stamp = planned.map((each) => `${each.at}/${each.at > now ? duration(each.at - now) : 'now'}`).join();
    if (parts.plannedStamp === stamp) return;
    parts.plannedStamp = stamp;
    fill(parts.planned, planned.length > 0 && h('ul', {class: 'plain planned-list'}, planned.map((each) => h('li', {class: 'row'}, shapeIcon('planned', 'wait'),
      h('span', {}, `Attempt ${each.number} of 6`), h('span', {class: 'soft'}, each.at > now ? `in ${duration(each.at - now)}` : 'due now'), h('span', {class: 'grow'}), h('span', {class: 'times soft small'}, dateTime(each.at))))));
  }

  function drawEnvelope(delivery) {
    parts.hasEnvelope = true;
    const pretty = () => jsonBlock(delivery.envelope, 'Envelope');
    const raw = () => h('div', {class: 'stack'}, textBlock(delivery.body, 'Raw bytes'), h('p', {class: 'soft small'}, `Exactly these ${new TextEncoder().encode(delivery.body).length} bytes are sent and signed, the same in every attempt.`));
    const place = h('div');
    const tabs = [['Pretty', pretty], ['Raw bytes', raw]].map(([text, make]) => h('button', {type: 'button', class: 'small', 'aria-pressed': 'false', onclick: (event) => {
      for (const each of tabs) each.setAttribute('aria-pressed', String(each === event.currentTarget));
      fill(place, make());
    }}, text));
    fill(parts.envelope, h('div', {class: 'stack'}, h('div', {class: 'row tight'}, tabs), place));
    tabs[0].click();
  }

  const refresh = () => {
    const delivery = self.id && parts?.built && state.deliveries.get(self.id);
    if (delivery) update(delivery);
  };
  context.on(['deliveries', 'held', 'clocks', 'partners'], refresh);
  context.on(['stale'], () => {
    if (self.id && ['pending', 'in_flight'].includes(state.deliveries.get(self.id)?.status)) read();
  });
  const ticking = setInterval(refresh, 1000);
  context.onLeave(() => clearInterval(ticking));
  return self;
}
