// From a delivery to the marks that stand for it on the timeline: pure, without elements. Each kind has a shape of its
// own, so that nothing depends on colour alone.
import {attemptSentence, kindWord, plannedAttempts, scheduledAttempts} from '../facts.js';
import {dateTime, offset, parseInstant} from '../text.js';

/** Paths around 0,0 within a radius of 6.5; `line`: drawn as a line, else filled. */
export const SHAPES = {
  delivered: {path: 'M5 0A5 5 0 1 1-5 0A5 5 0 1 1 5 0z', name: 'delivered'},
  failed: {path: 'M-4-4L4 4M4-4L-4 4', line: true, name: 'failed attempt'},
  dead: {path: 'M-5.5-5.5h11v11h-11zM-2.5-2.5l5 5M2.5-2.5l-5 5', line: true, name: 'last failed attempt, dead letter'},
  planned: {path: 'M4.5 0A4.5 4.5 0 1 1-4.5 0A4.5 4.5 0 1 1 4.5 0z', line: true, name: 'planned attempt'},
  waiting: {path: 'M0-5V5M-3-5h6M-3 5h6', line: true, name: 'waiting'},
  flight: {path: 'M5 0A5 5 0 1 1-5 0A5 5 0 1 1 5 0zM1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0z', line: true, name: 'under way'},
  held: {path: 'M-2.5-5v10M2.5-5v10', line: true, name: 'held'},
  copy: {path: 'M0-6L6 0L0 6L-6 0z', name: 'extra copy'},
  copyFailed: {path: 'M0-6L6 0L0 6L-6 0z', line: true, name: 'failed copy'},
  replay: {path: 'M4.5-3A5 5 0 1 0 5 1.5M5-6.5V-2.5H1', line: true, name: 'replay'},
  tampered: {path: 'M0-6.5L1.8-1.8L6.5 0L1.8 1.8L0 6.5L-1.8 1.8L-6.5 0L-1.8-1.8z', name: 'forged copy'},
};

function shapeOf(attempt, isLastOfDead) {
  const taken = attempt.outcome === 'delivered';
  switch (attempt.kind) {
    case 'copy':
      return [taken ? 'copy' : 'copyFailed', taken ? 'note' : 'bad'];
    case 'replay':
      return ['replay', taken ? 'note' : 'bad'];
    case 'tampered':
      // A receiver does well to refuse it.
      return ['tampered', taken ? 'bad' : 'chaos'];
    default:
      if (taken) return ['delivered', 'good'];
      return [isLastOfDead ? 'dead' : 'failed', 'bad'];
  }
}

/** [{key, at, shape, tone, chaos, title, text, attempt?}] in the order of time. `now`: virtual ms of its partner. */
export function marksOf(delivery, {held = null, now = NaN} = {}) {
  const marks = [];
  const attempts = delivery.attempts ?? [];
  const last = delivery.status === 'dead' ? scheduledAttempts(delivery).at(-1) : null;
  attempts.forEach((attempt, index) => {
    const [shape, tone] = shapeOf(attempt, attempt === last);
    const at = parseInstant(attempt.virtualTime);
    marks.push({key: `a${index}`, index, at, shape, tone, chaos: Boolean(attempt.chaosRule), attempt,
      label: attempt.kind === 'scheduled' && (attempt.outcome !== 'delivered' || attempt.number > 1) ? offset(attempt.offsetSeconds * 1000) : '',
      title: attempt.kind === 'scheduled' ? `Attempt ${attempt.number} of 6, ${offset(attempt.offsetSeconds * 1000)}` : `${kindWord(attempt)} beside attempt ${attempt.number}`,
      text: [attemptSentence(attempt), attempt.chaosRule ? `Chaos rule ${attempt.chaosRule} shaped it.` : '', dateTime(at)].filter(Boolean)});
  });
  const first = attempts.length > 0 ? parseInstant(scheduledAttempts(delivery)[0]?.virtualTime) : parseInstant(delivery.createdAt);
  for (const planned of held ? [] : plannedAttempts(delivery)) {
    const late = Number.isFinite(now) && planned.at <= now;
    marks.push({key: `p${planned.number}`, at: planned.at, shape: 'planned', tone: 'wait', planned: true,
      label: Number.isFinite(first) && planned.number > 1 ? offset(planned.at - first) : '',
      title: `Attempt ${planned.number} of 6, ${late ? 'due now' : 'planned'}`,
      text: [planned.number > scheduledAttempts(delivery).length + 1 ? 'If the attempts before it fail.' : 'Comes next.', dateTime(planned.at)]});
  }
  const created = parseInstant(delivery.createdAt);
  if (held) {
    const since = parseInstant(held.since);
    marks.push({key: 'held', at: Number.isFinite(since) ? Math.max(since, created) : created, shape: 'held', tone: 'chaos', chaos: true, title: 'Held',
      text: [`By the chaos rule ${held.rule}${held.untilEvent ? ` until ${held.untilEvent}` : ''}.`]});
  } else if (delivery.status === 'in_flight') {
    const due = parseInstant(delivery.nextAttemptAt);
    marks.push({key: 'flight', at: Number.isFinite(due) ? due : Math.max(created, marks.at(-1)?.at ?? created), shape: 'flight', tone: 'note', title: 'Under way', text: ['An attempt is being made.']});
  } else if (marks.length === 0) {
    marks.push({key: 'waiting', at: created, shape: 'waiting', tone: 'wait', title: 'Waiting', text: ['Nothing was sent yet.']});
  }
  return marks.sort((a, b) => a.at - b.at);
}

/** [from, to] of a delivery in ms: its creation to its last mark. */
export function spanOf(delivery, marks) {
  const created = parseInstant(delivery.createdAt);
  return [Math.min(created, marks[0]?.at ?? created), Math.max(created, marks.at(-1)?.at ?? created)];
}
