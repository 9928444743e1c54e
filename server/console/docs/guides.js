// The rules that stand across operations, in our own words. Zest docs: authentication, conventions, idempotency, errors,
// uploads, webhooks.
import {h} from '../dom.js';
import {DELAYS, VALIDATION_CODES} from '../facts.js';
import {duration} from '../text.js';
import {textBlock} from '../parts/json.js';
import {tokenLine} from '../parts/curl.js';

const ERRORS = [
  ['validation_error', 400, 'The payload breaks rules of its contract.', 'Correct every row, then send it again; the same Idempotency-Key may be used.'],
  ['invalid_request', 400, 'The request itself is malformed: a header, the body or a query parameter.', 'Correct the request; a retry of the same bytes fails again.'],
  ['invalid_token', 401, 'The bearer token or the assertion was not accepted.', 'Get a fresh access token with a fresh assertion, then repeat the call once.'],
  ['forbidden', 403, 'The token is fine, but the application is not provisioned for this.', 'Provision the partner (Partners, “provisioned”).'],
  ['not_found', 404, 'There is no such resource for this caller; those of other partners look the same.', 'Check the identifier, the path and whose token it is.'],
  ['conflict', 409, 'The resource is in a state that does not allow this, or the Idempotency-Key was used for another body.', 'Look at the resource’s state and its history, then do what comes first.'],
  ['payload_too_large', 413, 'The body or file is over the limit.', 'Files may have 10 MB.'],
  ['unsupported_media_type', 415, 'The uploaded part has a type that is not taken.', 'Declare application/pdf, image/jpeg, image/png or image/webp on the part.'],
  ['internal_error', 500, 'Something failed inside.', 'Retry with backoff and the same Idempotency-Key; report the errorId.'],
  ['service_unavailable', 503, 'A transient failure.', 'Retry with growing pauses and the same Idempotency-Key.'],
];

function table(heads, rows) {
  return h('div', {class: 'scroll-x'}, h('table', {}, h('thead', {}, h('tr', {}, heads.map((head) => h('th', {scope: 'col'}, head)))), h('tbody', {}, rows.map((cells) => h('tr', {}, cells.map((cell) => h('td', {}, cell)))))));
}

const p = (...children) => h('p', {}, children);
const code = (text) => h('code', {}, text);

function schedule() {
  let at = 0;
  return DELAYS.map((delay, index) => {
    at += delay;
    return [String(index + 1), index === 0 ? 'at once' : `${duration(delay)} after the one before`, index === 0 ? '0s' : duration(at, 3)];
  });
}

/** [{id, title, content}] of the reference of the partner API. */
export function guides(client) {
  return [
    {id: 'authentication', title: 'Authentication', content: [
      p('Sign a JWT with the Ed25519 key of your application (', code('alg: EdDSA'), '), send it to ', code('POST /v1/oauth2/tokens'), ' as ', code('assertion'), ' with ', code('grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer'), ', and call the API with the access token of the answer as a bearer.'),
      table(['Claim', 'Value'], [[code('iss'), 'base URL of your own API'], [code('sub'), 'your client id'], [code('client_id'), 'the same'], [code('aud'), ['exactly the base URL of the environment: here ', code(location.origin), ' or Zest’s sandbox']], [code('iat'), 'now, in seconds'], [code('exp'), 'a minute later; an hour at most'], [code('jti'), 'optional; each counts once']]),
      p('The access token lives an hour. Its refresh token gets the next pair, once: presenting a spent one revokes the whole chain. Without a key at hand, the sandbox gives tokens to whoever may use its control plane:'),
      textBlock(tokenLine(client), 'Token for a shell')]},
    {id: 'idempotency', title: 'Idempotency', content: [
      p(code('POST /v1/spv-requests'), ' asks for an ', code('Idempotency-Key'), ' (1 to 255 visible characters); investors and subscriptions take one. For 24 hours the same key with the same body, whatever its whitespace and order of members, answers what the first call answered, with ', code('Idempotent-Replayed: true'), ', and nothing happens twice.'),
      p('The same key with another body is 409 ', code('conflict'), '. Only successes are kept: a corrected body may use the key of a refused call. Use a fresh key for each intent, and the same one for each retry of it. Uploads need no key: the same bytes again are the same upload.')]},
    {id: 'order', title: 'What comes first', content: [
      h('ol', {class: 'flow'}, ['Submit an SPV request; Zest approves it, and the SPV exists.', 'Create investors.', 'Subscribe investors to the SPV with an amount and a share class.', 'Upload the signed form of each subscription.', 'Upload its funding receipt: before the form this is 409.', 'Zest completes the subscription. From then on uploads are 409.'].map((text) => h('li', {}, text))),
      p('A form or receipt may be replaced until completion; different bytes fire the event again.')]},
    {id: 'pages', title: 'Lists', content: [p('Lists take ', code('page'), ' (from 1) and ', code('perPage'), ' (1 to 100, 10 by default), and answer ', code('documents'), ', ', code('count'), ' (of all pages), ', code('skip'), ' and ', code('limit'), ', newest first.')]},
    {id: 'errors', title: 'Errors', content: [
      p('Every answer that is no success has one form: ', code('code'), ' for programs, ', code('detail'), ' for people, ', code('errorId'), ' for reports, and ', code('validationErrors'), ' with every broken rule at once where the payload breaks any.'),
      table(['Code', 'Status', 'When', 'What to do'], ERRORS.map(([name, ...cells]) => [code(name), ...cells]))]},
    {id: 'validation', title: 'Validation codes', content: [
      p('A row of ', code('validationErrors'), ' names the place in the body (', code('field'), '), the place in the attributes (', code('attribute'), '), what is broken (', code('code'), '), a sentence and the offending value.'),
      table(['Code', 'Meaning'], Object.entries(VALIDATION_CODES).map(([name, meaning]) => [code(name), meaning]))]},
  ];
}

export function webhookGuide() {
  return [
    p('Each event is POSTed to the one endpoint of your application. A 2xx within 10 seconds takes it; anything else, redirects included, is a failure and is tried again:'),
    table(['Attempt', 'When', 'After the first'], schedule()),
    p('After the sixth failure it lies in the dead letter until an operator retries it. Events come at least once and in no particular order: remember event ids for 24 hours, and order by ', code('occurredAt'), '.'),
    h('h3', {}, 'Verify before you believe'),
    h('ol', {class: 'flow'}, [['Take ', code('t'), ' and ', code('v1'), ' of ', code('Zest-Signature: t=…,v1=…'), '; ignore versions that you do not know.'], ['Refuse it when ', code('t'), ' differs from your clock by more than 300 seconds.'],
      ['Compute HMAC-SHA256 over ', code('t'), ', a dot and the raw body, with the whole secret, ', code('whsec_'), ' included, as the key.'], ['Compare the lower-case hex with ', code('v1'), ' in constant time; answer 4xx when they differ.']].map((parts) => h('li', {}, parts))),
  ];
}
