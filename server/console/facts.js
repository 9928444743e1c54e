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

/** Why an attempt counted as failed, as a sentence. Zest docs: webhooks/retries. */
export function whyFailed(attempt) {
  if (attempt.outcome === 'delivered') return '';
  const detail = attempt.failureDetail ?? '';
  switch (attempt.failure) {
    case 'status':
      return attempt.responseStatus >= 300 && attempt.responseStatus < 400
        ? `The receiver answered ${attempt.responseStatus}. Redirects are not followed: only a 2xx counts as taken.`
        : `The receiver answered ${attempt.responseStatus}. Only a 2xx counts as taken.`;
    case 'timeout':
      return 'The receiver did not finish its answer in time. Answer 2xx within 10 s and do the work afterwards.';
    case 'resolve':
      return `The host name of the webhook URL is unknown (${detail}).`;
    case 'connect':
      return detail.includes('chaos') ? 'Dropped on the way by a chaos rule: the receiver saw nothing.'
        : `No connection to the receiver: ${detail || 'nothing listens there'}. Does it run, at this address and port?`;
    case 'tls':
      return `TLS failed: ${detail}.`;
    case 'reset':
      return `The connection ended without a whole answer: ${detail || 'closed by the receiver'}.`;
    case 'too_large':
    case 'tooLarge':
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

/** The state of a delivery in a few words, such as "retrying 3/6, next in 30m". `now`: virtual ms of its partner. */
export function deliveryPhrase(delivery, now, held, isShort = false) {
  const made = delivery.attempts ? scheduledAttempts(delivery).length : delivery.attemptCount;
  const next = parseInstant(delivery.nextAttemptAt);
  const wait = Number.isFinite(next) && Number.isFinite(now) ? (next > now ? `in ${duration(next - now)}` : 'now') : '';
  if (held) return `held by ${held.rule}`;
  switch (delivery.status) {
    case 'retrying':
      return isShort ? `${made}/6${wait ? `, next ${wait}` : ''}` : `retrying ${made}/6${wait ? `, next ${wait}` : ''}`;
    case 'pending':
      return wait ? `due ${wait}` : 'waiting';
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

/** What is going on with a delivery and what happens next, as sentences. */
export function deliveryStory(delivery, {now, held, partner, paused}) {
  const made = scheduledAttempts(delivery);
  const last = made.at(-1);
  const next = parseInstant(delivery.nextAttemptAt);
  if (held) {
    const until = held.untilEvent ? `until ${held.untilEvent} about the same subject was delivered` : held.follows ? `behind ${held.follows}` : 'until it is released';
    return `Held by the chaos rule ${held.rule} ${until}.`;
  }
  switch (delivery.status) {
    case 'delivered':
      return last ? `Taken by the receiver at attempt ${last.number}, ${offset(last.offsetSeconds * 1000)} after the first, with ${last.responseStatus}.` : 'Taken by the receiver.';
    case 'dead':
      return `All ${made.length || 6} attempts failed, so it lies in the dead letter until somebody retries it. ${last ? whyFailed(last) : ''}`.trim();
    case 'in_flight':
      return 'An attempt is under way.';
    case 'retrying':
      return `${last ? whyFailed(last) : ''} ${paused ? 'Webhooks are paused for this partner.' : Number.isFinite(next) ? `Attempt ${made.length + 1} of 6 comes ${Number.isFinite(now) && next > now ? `in ${duration(next - now)} of virtual time` : 'now'}.` : ''}`.trim();
    default:
      if (partner && !partner.webhookUrl) return 'The partner has no webhook URL: deliveries wait and go out once there is one.';
      if (paused) return 'Webhooks are paused for this partner: it goes out once they are resumed.';
      return Number.isFinite(next) && Number.isFinite(now) && next > now ? `Goes out in ${duration(next - now)} of virtual time.` : 'Goes out next.';
  }
}

const ERRORS = {
  validation_error: ['The payload breaks rules of its contract.', 'Correct every row below, then send it again; the same Idempotency-Key may be used.', 'errors/validation'],
  invalid_request: ['The request itself is malformed: a header, the body or a query parameter.', 'Correct the request; a retry of the same bytes fails again.', 'errors'],
  invalid_token: ['The bearer token or the assertion was not accepted.', 'Get a fresh access token with a fresh assertion, then repeat the call once.', 'authentication'],
  forbidden: ['The token is fine, but the application is not provisioned for this.', 'Provision the partner (Partners, “provisioned”).', 'errors'],
  not_found: ['There is no such resource for this caller; those of other partners look the same.', 'Check the identifier, the path and whose token it is.', 'errors'],
  conflict: ['The resource is in a state that does not allow this, or the Idempotency-Key was used for another body.', 'Look at the resource’s state and its history, then do what comes first.', 'errors'],
  payload_too_large: ['The body or file is over the limit.', 'Files may have 10 MB.', 'uploads'],
  unsupported_media_type: ['The uploaded part has a type that is not taken.', 'Declare application/pdf, image/jpeg, image/png or image/webp on the part.', 'uploads'],
  internal_error: ['Something failed inside.', 'Retry with backoff and the same Idempotency-Key; report the errorId.', 'errors'],
  service_unavailable: ['A transient failure.', 'Retry with growing pauses and the same Idempotency-Key.', 'errors'],
};

/** {meaning, advice, page} of an error code of the API; page: of Zest's documentation. */
export function errorFacts(code) {
  const [meaning, advice, page] = ERRORS[code] ?? ['', '', 'errors'];
  return {meaning, advice, page};
}
export const ERROR_CODES = Object.keys(ERRORS);

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
