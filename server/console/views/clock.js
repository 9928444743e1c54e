// Virtual time: what the clocks say, moving them, and the attempts that a move made.
import {h, fill} from '../dom.js';
import {control, sentence} from '../api.js';
import {attemptSentence} from '../facts.js';
import {clockOf, refreshNow, state, virtualNow} from '../store.js';
import {link} from '../router.js';
import {count, dateTime, dateTimeExact, duration, offset, parseInstant} from '../text.js';
import {action, attemptTo, badge, choice, field, pairs} from '../parts/controls.js';
import {advance, advanceButtons, advanceSentence} from '../parts/advance.js';
import {shapeIcon} from '../parts/shape.js';
import {toast} from '../parts/toast.js';

const MOST_ATTEMPTS = 500; // that the table shows

const scope = () => (state.client ? state.client : 'all partners');

function outcomeOf(attempt) {
  return [shapeIcon(attempt.outcome === 'delivered' ? 'delivered' : 'failed', attempt.outcome === 'delivered' ? 'good' : 'bad'),
    h('span', {}, attempt.outcome === 'delivered' ? 'taken' : 'failed', attempt.responseStatus ? ` (${attempt.responseStatus})` : '')];
}

function report(last) {
  const attempts = last.report.attempts.slice(0, MOST_ATTEMPTS);
  return h('section', {class: 'card stack'}, h('header', {}, h('h2', {}, last.title), h('span', {class: 'soft'}, advanceSentence(last.report))),
    last.report.parked?.length > 0 && h('p', {class: 'wait'}, `${count(last.report.parked.length, 'delivery', 'deliveries')} ${last.report.parked.length === 1 ? 'is' : 'are'} parked: paused, held, or without an endpoint. Time does not move them.`),
    attempts.length > 0 && h('div', {class: 'scroll-x'}, h('table', {}, h('thead', {}, h('tr', {}, ['Virtual time', 'Delivery', 'Attempt', 'Outcome', 'Next'].map((name) => h('th', {scope: 'col'}, name)))),
      h('tbody', {}, attempts.map((attempt) => h('tr', {}, h('td', {class: 'times nowrap'}, dateTime(parseInstant(attempt.virtualTime))),
        h('td', {}, h('a', {href: link(`/deliveries/${attempt.deliveryId}`), title: attempt.deliveryId}, attempt.eventType)), h('td', {class: 'times nowrap'}, `${attempt.kind === 'scheduled' ? attempt.number : attempt.kind} ${offset(attempt.offsetSeconds * 1000)}`),
        h('td', {title: attemptSentence(attempt)}, h('span', {class: 'row tight'}, outcomeOf(attempt))), h('td', {class: 'times soft nowrap'}, attempt.nextAttemptAt ? dateTime(parseInstant(attempt.nextAttemptAt)) : attempt.status)))))),
    last.report.attemptCount > attempts.length && h('p', {class: 'soft'}, `The first ${attempts.length} of ${count(last.report.attemptCount, 'attempt')} are shown.`));
}

export function clockView(context) {
  const face = h('div', {class: 'big-clock'});
  const lanes = h('tbody');
  const last = h('div');
  const custom = h('input', {placeholder: '12h, 90m, PT1H30M or 2026-01-02T00:00:00Z', required: true, spellcheck: 'false'});
  const go = h('form', {class: 'row', onsubmit: async (event) => {
    event.preventDefault();
    const text = custom.value.trim();
    const request = /^\d{4}-/.test(text) ? {to: text} : {by: text};
    await attemptTo(() => advance(request, request.by ? `Advanced by ${text}` : `Advanced to ${text}`));
  }}, h('div', {class: 'grow'}, custom), h('button', {type: 'submit'}, 'Advance'));
  custom.setAttribute('aria-label', 'Advance by a duration, or to an instant');

  const scale = h('input', {type: 'number', min: 1, max: 1_000_000, step: 1, value: 60});
  const scaleField = field('Times faster', scale, '1 to 1 000 000');
  const mode = choice([['real', 'real: as time passes'], ['scaled', 'scaled: faster'], ['manual', 'manual: when advanced']], 'manual', () => { scaleField.hidden = mode.value !== 'scaled'; });
  const set = action('Set the clock', async () => {
    const body = {mode: mode.value, ...(mode.value === 'scaled' && {scale: Number(scale.value)}), ...(state.client && {clientId: state.client})};
    await control('PUT', '/clock', {body});
    await refreshNow();
    toast(sentence(`the clock of ${scope()} is ${mode.value}${mode.value === 'scaled' ? `, ${scale.value} times faster` : ''}`), {kind: 'good'});
  }, {kind: ''});

  function tick() {
    const clock = clockOf();
    if (!clock) return;
    const now = virtualNow();
    const next = clock.nextDueAt;
    fill(face, h('div', {class: 'big-time times'}, dateTime(now)), pairs([
      ['Mode', h('span', {}, badge(clock.mode === 'scaled' ? `scaled ×${clock.scale}` : clock.mode), clock.paused && badge('webhooks paused', 'wait'))],
      ['Wall time', h('span', {class: 'times'}, dateTimeExact(Date.now()).slice(0, 19))],
      ['Due next', Number.isFinite(next) ? h('span', {class: 'times'}, `${dateTime(next)}, ${next > now ? `in ${duration(next - now)}` : 'now'}`) : 'nothing is scheduled'],
      ['Speaks for', !state.client && state.clocks.size > 1 ? `${clock.clientId}, the first of ${count(state.clocks.size, 'partner')}; moves are for all of them` : scope()]]));
  }

  function drawLanes() {
    fill(lanes, [...state.clocks.values()].map((clock) => h('tr', {}, h('td', {}, h('a', {href: link('/clock', {client: clock.clientId})}, clock.clientId)), h('td', {}, clock.mode === 'scaled' ? `scaled ×${clock.scale}` : clock.mode),
      h('td', {class: 'times'}, dateTime(virtualNow(clock.clientId))), h('td', {class: 'times'}, Number.isFinite(clock.nextDueAt) ? dateTime(clock.nextDueAt) : '–'), h('td', {}, clock.paused ? badge('paused', 'wait') : clock.inFlight > 0 ? `${clock.inFlight} in flight` : ''))));
  }

  const drawLast = () => fill(last, state.lastAdvance && report(state.lastAdvance));
  context.on(['clocks', 'client'], () => {
    tick();
    drawLanes();
  });
  context.on(['advance'], drawLast);
  const ticking = setInterval(tick, 500);
  context.onLeave(() => clearInterval(ticking));
  let chosen = null;
  return {
    title: 'Clock',
    element: h('div', {class: 'view scroll'}, h('div', {class: 'page'}, h('h1', {}, 'Clock'),
      h('div', {class: 'columns'},
        h('section', {class: 'card'}, face),
        h('section', {class: 'card stack wide'}, h('h2', {}, 'Advance'), h('div', {class: 'row'}, advanceButtons('')), go,
          h('p', {class: 'soft small'}, 'Everything that becomes due on the way happens at its own instant, and each answer is waited for. “next” stops at the earliest thing due, “idle” goes on until nothing is scheduled.')),
        h('section', {class: 'card stack wide'}, h('h2', {}, 'How time passes'), h('div', {class: 'fields'}, field('Mode', mode), scaleField), h('div', {}, set))),
      last,
      h('section', {class: 'card'}, h('header', {}, h('h2', {}, 'Clocks of the partners')), h('div', {class: 'scroll-x'}, h('table', {class: 'lanes'}, h('thead', {}, h('tr', {}, ['Partner', 'Mode', 'Virtual time', 'Due next', ''].map((name) => h('th', {scope: 'col'}, name)))), lanes))))),
    update() {
      tick();
      drawLanes();
      drawLast();
      const clock = clockOf();
      if (clock && chosen !== clock.clientId) {
        chosen = clock.clientId;
        mode.value = clock.mode;
        if (clock.mode === 'scaled') scale.value = clock.scale;
      }
      scaleField.hidden = mode.value !== 'scaled';
    },
  };
}
