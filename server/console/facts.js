// What the words of the API mean, and what follows from the state of a delivery: pure functions and tables, no elements.
import {duration, joined, offset, parseInstant} from './text.js';

export const EVENT_TYPES = ['spv_request.created', 'spv_request.completed', 'spv_request.rejected', 'spv_request.cancelled',
  'investor.created', 'subscription.created', 'signed_subscription_form.uploaded', 'funding_receipt.uploaded',
  'subscription.completed'];
export const DELIVERY_STATUSES = ['pending', 'in_flight', 'retrying', 'delivered', 'dead'];

/** Virtual milliseconds before each attempt of a schedule. Zest docs: webhooks/retries. */
export const DELAYS = [0, 30_000, 300_000, 1_800_000, 7_200_000, 43_200_000];

const TONES = {pending: 'wait', in_flight: 'note', retrying: 'wait', delivered: 'good', dead: 'bad', 'pending-review': 'wait',
  approved: 'good', rejected: 'bad', cancelled: '', completed: 'good'};
/** Class of the badge of a status. */
export const tone = (status) => TONES[status] ?? '';
const WORDS = {in_flight: 'in flight', 'pending-review': 'to review', dead: 'dead letter'};
export const statusWord = (status) => WORDS[status] ?? status;

/** Scheduled attempts of the present schedule; only these count. */
export function scheduledAttempts(delivery) {
  return (delivery.attempts ?? []).filter((each) => each.kind === 'scheduled' && each.schedule === delivery.schedule);
}

/** [{number, at}] of the attempts that are still to come if each of them fails, with the exact instants in ms. */
export function plannedAttempts(delivery) {
  if (delivery.status !== 'retrying' && delivery.status !== 'pending') return [];
  const next = parseInstant(delivery.nextAttemptAt);
  if (!Number.isFinite(next)) return [];
  const made = scheduledAttempts(delivery).length;
  const planned = [];
  let at = next;
  for (let number = made + 1; number <= DELAYS.length; number += 1) {
    planned.push({number, at});
    at += DELAYS[number] ?? 0;
    // Of a first attempt nobody knows yet whether it fails.
    if (made === 0) break;
  }
  return planned;
}

/** Whether a receiver that answers so most likely refused the signature. */
export const isRefusal = (status) => [400, 401, 403].includes(status);

function statusHint(status) {
  if (isRefusal(status)) return 'Most receivers say so when the signature does not fit: another secret, or a body that was parsed before it was verified.';
  if (status < 400) return 'Redirects are not followed: the webhook URL must be the final address.';
  if (status === 404 || status === 405) return 'Something listens there, but takes no POST at this path.';
  return status < 500 ? 'Only a 2xx counts as taken.' : 'It failed inside: its log, or its answer below, says why.';
}

/** Why an attempt counted as failed, as a sentence. Zest docs: webhooks/retries. */
export function whyFailed(attempt) {
  if (attempt.outcome === 'delivered') return '';
  const detail = attempt.failureDetail ?? '';
  switch (attempt.failure) {
    case 'status':
      return `The receiver answered ${attempt.responseStatus}. ${statusHint(attempt.responseStatus)}`;
    case 'timeout':
      return `The receiver did not finish its answer in time${detail && ` (${detail})`}. Answer 2xx at once and do the work afterwards.`;
    case 'connect':
      if (detail.includes('chaos')) return 'Dropped on the way by a chaos rule: the receiver saw nothing.';
      if (detail.startsWith('Could not resolve')) return `${detail}. ${detail.includes('host.docker.internal') ? 'On Linux the sandbox’s container needs --add-host host.docker.internal:host-gateway.' : 'Is the name in the webhook URL right, and known on this machine?'}`;
      return `No connection to the receiver: ${detail || 'nothing listens there'}. Does it run, at this address and port?`;
    case 'tls':
      return `TLS failed: ${detail}. ${/certificate/.test(detail) ? 'Start the sandbox with --ca-file and the certificate of who signed it, or with --insecure-webhook-tls.' : 'If the receiver speaks plain HTTP, its URL begins with http://.'}`;
    case 'reset':
      return `The connection ended without a whole answer: ${detail || 'closed by the receiver'}. Its log may say why; one that speaks HTTPS only needs https:// in its URL.`;
    case 'too_large':
      return `The answer was too large: ${detail}.`;
    default:
      return detail ? `${detail[0].toUpperCase()}${detail.slice(1)}.` : 'The attempt failed.';
  }
}

/** What an attempt shows about the receiver, in one sentence. */
export function attemptSentence(attempt) {
  const answered = attempt.responseStatus ? `answered ${attempt.responseStatus} in ${attempt.latencyMs} ms` : `no answer after ${attempt.latencyMs} ms`;
  if (attempt.kind === 'tampered') {
    if (attempt.responseStatus >= 400 && attempt.responseStatus < 500) return `A forged webhook, refused with ${attempt.responseStatus} as it should be.`;
    if (attempt.outcome === 'delivered') return `A forged webhook was accepted (${attempt.responseStatus}): the receiver does not check this part of the signature.`;
    return `A forged webhook: ${answered}.`;
  }
  const what = {copy: 'An extra copy', replay: 'A replay'}[attempt.kind];
  if (what) return attempt.outcome === 'delivered' ? `${what} of the event, ${answered}.` : `${what} of the event failed: ${whyFailed(attempt)}`;
  return attempt.outcome === 'delivered' ? `Taken: ${answered}.` : whyFailed(attempt);
}

export function kindWord(attempt) {
  return {scheduled: 'Attempt', copy: 'Copy', replay: 'Replay', tampered: 'Forged copy'}[attempt.kind] ?? attempt.kind;
}

/** The state of a delivery in a few words, such as "retrying 3/6, next in 30m". `now`: virtual ms of its partner;
 *  `parked`: why its partner gets nothing at all now, in a few words. `isShort`: where there is little room. */
export function deliveryPhrase(delivery, {now, held, parked}, isShort = false) {
  const made = delivery.attempts ? scheduledAttempts(delivery).length : delivery.attemptCount;
  const next = parseInstant(delivery.nextAttemptAt);
  const wait = Number.isFinite(next) && Number.isFinite(now) ? (next > now ? `in ${duration(next - now)}` : 'now') : '';
  if (held) return isShort ? 'held' : `held by ${held.rule}`;
  switch (delivery.status) {
    case 'retrying':
      return `${isShort ? '' : 'retrying '}${made}/6${parked ? `, ${parked}` : wait && `, next ${wait}`}`;
    case 'pending':
      return parked || (wait ? `due ${wait}` : 'waiting');
    case 'in_flight':
      return `attempt ${made + 1} under way`;
    case 'delivered':
      return delivery.attemptCount > 1 && !isShort ? `delivered, ${delivery.attemptCount} attempts` : 'delivered';
    case 'dead':
      return isShort ? 'dead' : `dead after ${made} attempts`;
    default:
      return delivery.status;
  }
}

/** What the badge of its state does not say of a delivery, such as "3/6, next in 30m" or "200 in 12 ms". */
export function deliveryNote(delivery, facts) {
  const made = scheduledAttempts(delivery);
  const last = made.at(-1);
  if (facts.held) return `by ${facts.held.rule}`;
  if (delivery.status === 'dead') return `after ${made.length} attempts`;
  if (delivery.status !== 'delivered') return deliveryPhrase(delivery, facts, true);
  return last ? `${last.responseStatus} in ${last.latencyMs} ms${last.number > 1 ? `, attempt ${last.number}` : ''}` : '';
}

/** What is going on with a delivery, what happens next, and what one can do about it:
 *  {text, todo: of url, resume, release, advance, rule, rules, signature; rule}. `clock`: of its partner. */
export function deliveryStory(delivery, {now, held, partner, clock}) {
  const made = scheduledAttempts(delivery);
  const last = made.at(-1);
  const next = parseInstant(delivery.nextAttemptAt);
  if (held) {
    const until = held.untilEvent ? `until ${held.untilEvent} about the same subject was delivered` : held.follows ? `behind ${held.follows}` : 'until it is released';
    return {text: `Held by the chaos rule ${held.rule} ${until}.`, todo: ['release']};
  }
  if (delivery.status === 'delivered') {
    return {text: last ? `Taken by the receiver at attempt ${last.number}${last.offsetSeconds > 0 ? `, ${duration(last.offsetSeconds * 1000)} after the first` : ''}, with ${last.responseStatus}.` : 'Taken by the receiver.', todo: []};
  }
  if (delivery.status === 'in_flight') return {text: 'An attempt is under way.', todo: []};
  const sentences = [];
  const todo = [];
  if (last) {
    sentences.push(whyFailed(last));
    if (last.chaosRule) todo.push('rule');
    else if (isRefusal(last.responseStatus)) todo.push('signature');
  }
  if (delivery.status === 'dead') {
    sentences.unshift(`All ${made.length || 6} attempts failed, so it lies in the dead letter until somebody retries it.`);
  } else if (partner && !partner.webhookUrl) {
    sentences.push(`${delivery.clientId} has no webhook URL: what is for it waits, and goes out once there is one.`);
    todo.push('url');
  } else if (clock?.paused) {
    sentences.push(`Webhooks of ${delivery.clientId} are paused: nothing goes out until they are resumed.`);
    todo.push('resume');
  } else if (Number.isFinite(next)) {
    const later = Number.isFinite(now) && next > now;
    sentences.push(`${made.length > 0 ? `Attempt ${made.length + 1} of 6` : 'The first attempt'} comes ${later ? `in ${duration(next - now)} of virtual time` : 'now'}.`);
    // By itself a first attempt is due when the event happens.
    if (made.length === 0 && delivery.schedule === 1 && next > parseInstant(delivery.createdAt)) {
      sentences.push('A chaos rule delays it.');
      todo.push('rules');
    }
    if (later && clock?.mode === 'manual') {
      sentences.push('This clock stands still: it does not come before somebody advances it.');
      todo.push('advance');
    }
  }
  return {text: sentences.join(' '), todo, rule: last?.chaosRule};
}

/** Validation codes and what they say. Zest docs: errors/validation. */
export const VALIDATION_CODES = {
  required: 'a required member is missing', unknown_attribute: 'the template has no such attribute', type: 'the value has another type',
  enum: 'the value is none of those allowed', pattern: 'the text does not have the required form', max_length: 'the text is too long',
  min_value: 'the number is too small', max_value: 'the number is too large', format: 'not the required format (a date, a currency, a country, an e-mail address)',
  currency_mismatch: 'several currencies where one is allowed', server_supplied: 'the member is set by Zest and may not be sent',
  institutional_not_supported: 'institutional investors are not supported yet',
};

/** Names of the families of identifiers, by prefix. */
export function subjectKind(slug) {
  const prefix = String(slug).slice(0, 4);
  return {svr_: 'SPV request', sub_: 'subscription', psn_: 'investor', veh_: 'SPV', wde_: 'delivery'}[prefix] ?? '';
}

/** Hash of the page about a resource, or '' when there is none. */
export function subjectLink(slug) {
  const prefix = String(slug).slice(0, 4);
  const folder = {svr_: 'spv-requests', sub_: 'subscriptions', psn_: 'investors'}[prefix];
  if (folder) return `/resources/${folder}/${encodeURIComponent(slug)}`;
  return prefix === 'wde_' ? `/deliveries/${encodeURIComponent(slug)}` : '';
}

/** "status dead, type investor.created": what a list is narrowed to, for empty lists. */
export function filterWords(filters) {
  return joined(Object.entries(filters).filter(([, value]) => value).map(([name, value]) => `${name} ${value}`));
}
