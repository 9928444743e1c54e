// How a signature follows from what was sent, step by step, and whether it follows from a secret that one pastes.
import {h, fill} from '../dom.js';
import {icon} from '../icons.js';
import {post} from '../api.js';
import {state} from '../store.js';
import {attemptTo, field} from './controls.js';
import {textBlock} from './json.js';

/** {t, versions: {v1: hex, …}} of a Zest-Signature header. Zest docs: webhooks/signatures. */
export function parseSignature(header) {
  const parsed = {t: '', versions: {}};
  for (const item of String(header ?? '').split(',')) {
    const equals = item.indexOf('=');
    if (equals < 0) continue;
    const name = item.slice(0, equals).trim();
    if (name === 't') parsed.t = item.slice(equals + 1).trim();
    else parsed.versions[name] = item.slice(equals + 1).trim();
  }
  return parsed;
}

export function headerValue(headers, name) {
  return Object.entries(headers ?? {}).find(([each]) => each.toLowerCase() === name)?.[1];
}

function verdict(answer) {
  return h('div', {class: `callout ${answer.signatureMatches ? 'good' : 'bad'}`, role: 'status'}, h('div', {},
    h('p', {}, h('strong', {}, answer.signatureMatches ? 'The signature follows from this secret. ' : 'The signature does not follow from this secret. '), answer.detail),
    answer.expected && !answer.signatureMatches && h('p', {class: 'small'}, 'Expected v1: ', h('code', {}, answer.expected)),
    (answer.findings ?? []).map(findingBlock)));
}

/** What a doctor found: the sentence, what to do, and the line of code to look for in each language. */
export function findingBlock(finding) {
  return h('div', {}, h('p', {}, finding.sentence),
    (finding.mistakes ?? []).map((mistake) => h('div', {class: 'small'},
      h('p', {}, h('code', {}, mistake.id), ` ${mistake.fix}`),
      mistake.lookFor && h('details', {}, h('summary', {}, 'The line of code to look for'),
        h('dl', {}, Object.entries(mistake.lookFor).map(([language, code]) => [h('dt', {}, language), h('dd', {}, h('code', {}, code))]))))));
}

/** The panel for one attempt of a delivery. */
export function signaturePanel(delivery, attempt) {
  const header = headerValue(attempt?.requestHeaders, 'zest-signature');
  if (!header) return h('p', {class: 'soft'}, Object.keys(attempt?.requestHeaders ?? {}).length > 0 ? 'This attempt was sent without a signature.' : 'Nothing was signed yet: each attempt is signed afresh when it is sent.');
  const {t, versions} = parseSignature(header);
  const body = delivery.body ?? '';
  const secret = h('input', {type: 'password', autocomplete: 'off', spellcheck: 'false', placeholder: 'whsec_…'});
  const computed = h('input', {type: 'text', autocomplete: 'off', spellcheck: 'false', placeholder: 'optional, in hex'});
  const outcome = h('div');
  const form = h('form', {class: 'stack', onsubmit: async (event) => {
    event.preventDefault();
    const answer = await attemptTo(() => post('/verify', {headers: {...attempt.requestHeaders}, body, secret: secret.value, ...(computed.value ? {computed: computed.value.trim()} : {})}),
      (error) => fill(outcome, h('p', {class: 'bad', role: 'alert'}, error.message)));
    if (answer) fill(outcome, verdict(answer));
  }}, h('div', {class: 'fields'}, field('Verify against a secret', secret, 'It is sent to this sandbox only, and kept nowhere.'), field('What your code computed', computed)),
  h('div', {class: 'row'}, h('button', {type: 'submit'}, icon('check'), 'Verify this signature'),
    h('button', {type: 'button', class: 'quiet', onclick: () => { secret.value = state.partners.get(delivery.clientId)?.webhookSecret ?? ''; }}, 'Use the partner’s secret')), outcome);
  return h('div', {class: 'stack wide'},
    h('ol', {class: 'steps'},
      h('li', {}, 'Take the header ', h('code', {}, 'Zest-Signature'), textBlock(header, 'Signature header')),
      h('li', {}, 'Its ', h('code', {}, 't'), ` is the second at which it was signed, on the real clock: `, h('code', {}, t), ` is ${t ? new Date(Number(t) * 1000).toISOString().slice(0, 19).replace('T', ' ') : '–'} UTC. Receivers refuse more than 300 s of difference.`),
      h('li', {}, 'Sign exactly these bytes: ', h('code', {}, 't'), ', a dot, and the raw body as it arrived', textBlock(`${t}.${body}`, 'Signed text')),
      h('li', {}, 'HMAC-SHA256 with the whole secret, prefix ', h('code', {}, 'whsec_'), ' included, as the key; in lower-case hex it equals ', h('code', {}, 'v1'), textBlock(versions.v1 ?? '(there is none)', 'v1')),
      Object.keys(versions).some((name) => name !== 'v1') && h('li', {}, `Ignore versions that you do not know (${Object.keys(versions).filter((name) => name !== 'v1').join(', ')}).`)),
    form);
}
