// One attempt in full: what was sent, what came back, why it counts as it does, and when the next one is due.
import {h} from '../dom.js';
import {attemptSentence, kindWord} from '../facts.js';
import {dateTime, dateTimeExact, offset, parseInstant, shellWord} from '../text.js';
import {link} from '../router.js';
import {marksOf} from '../timeline/marks.js';
import {shapeIcon} from './shape.js';
import {bodyBlock} from './json.js';
import {copyButton} from './copy.js';
import {pairs} from './controls.js';

/** The attempt as a line for a shell. The signature in it is the attempt's own: receivers refuse it after 300 s. */
export function curlOf(delivery, attempt, url) {
  const headers = Object.entries(attempt?.requestHeaders ?? {}).filter(([name]) => !/^(host|content-length)$/i.test(name));
  return [`curl -i -X POST ${shellWord(url || 'http://127.0.0.1:9000/webhooks')}`, ...headers.map(([name, value]) => `  -H ${shellWord(`${name}: ${value}`)}`),
    `  --data-binary ${shellWord(delivery.body ?? JSON.stringify(delivery.envelope))}`].join(' \\\n');
}

function headerTable(headers) {
  return h('dl', {class: 'pairs mono small'}, Object.entries(headers).map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}

/** The content below an attempt's line. */
export function attemptContent(delivery, attempt, url) {
  const hasAnswer = attempt.responseStatus !== undefined;
  return h('div', {class: 'stack attempt-content'},
    h('p', {}, attemptSentence(attempt)),
    pairs([['Virtual time', h('span', {class: 'times'}, `${dateTimeExact(parseInstant(attempt.virtualTime))} (${offset(attempt.offsetSeconds * 1000)})`)],
      ['Wall time', h('span', {class: 'times'}, dateTimeExact(parseInstant(attempt.wallTime)))],
      ['Schedule', attempt.schedule > 1 && `number ${attempt.schedule}: it was retried by hand`],
      ['Chaos rule', attempt.chaosRule && h('a', {href: link(`/chaos/${encodeURIComponent(attempt.chaosRule)}`)}, attempt.chaosRule)]]),
    h('h4', {}, 'Answer'),
    hasAnswer ? h('div', {class: 'stack'}, h('p', {}, h('strong', {}, String(attempt.responseStatus)), ` in ${attempt.latencyMs} ms`),
      attempt.responseBody ? bodyBlock(attempt.responseBody, 'Body of the answer') : attempt.responseBody === undefined ? null : h('p', {class: 'soft'}, 'No body.'))
      : h('p', {class: 'soft'}, 'None came.'),
    attempt.requestHeaders === undefined ? h('p', {class: 'soft'}, 'Reading the headers …') : Object.keys(attempt.requestHeaders).length > 0 && [h('h4', {}, 'Request'), headerTable(attempt.requestHeaders),
      h('div', {}, copyButton(() => curlOf(delivery, attempt, url), 'Copy as curl'))]);
}

/** The line of an attempt: mark, name, when, how. */
export function attemptLine(delivery, attempt, index) {
  const mark = marksOf(delivery).find((each) => each.index === index);
  return h('span', {class: 'attempt-line'}, shapeIcon(mark.shape, mark.tone), h('strong', {}, attempt.kind === 'scheduled' ? `Attempt ${attempt.number} of 6` : kindWord(attempt)),
    h('span', {class: 'times soft'}, offset(attempt.offsetSeconds * 1000)),
    h('span', {class: attempt.outcome === 'delivered' ? 'good' : 'bad'}, attempt.responseStatus ? String(attempt.responseStatus) : attempt.failure ?? 'no answer'),
    h('span', {class: 'soft'}, `${attempt.latencyMs} ms`), attempt.chaosRule && h('span', {class: 'badge chaos'}, 'chaos'),
    h('span', {class: 'grow'}), h('span', {class: 'times soft small'}, dateTime(parseInstant(attempt.virtualTime)).slice(5)));
}
