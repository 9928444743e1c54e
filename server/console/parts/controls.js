// Buttons that do something and say how it went; labelled fields; badges; what stands where there is nothing.
import {h, freshId} from '../dom.js';
import {icon} from '../icons.js';
import {statusWord, tone} from '../facts.js';
import {toast} from './toast.js';

/** Runs `work()`; a failure is shown as a sentence. Answers what it answered, or undefined. */
export async function attemptTo(work, failed = (error) => toast(error.message, {kind: 'bad'})) {
  try {
    return await work();
  } catch (error) {
    if (error.name !== 'AbortError') failed(error);
    return undefined;
  }
}

/** A button that is busy while `work()` runs. */
export function action(label, work, {symbol = null, kind = '', title = null, failed, ...attributes} = {}) {
  const button = h('button', {type: 'button', class: kind, title, ...attributes, onclick: async (event) => {
    event.preventDefault();
    event.stopPropagation();
    button.setAttribute('aria-busy', 'true');
    await attemptTo(work, failed);
    button.removeAttribute('aria-busy');
  }}, symbol && icon(symbol), label);
  return button;
}

/** A labelled field around one control. */
export function field(label, control, hint = null) {
  const id = control.id || freshId('field');
  control.id = id;
  let hintId = null;
  if (hint) {
    hintId = freshId('hint');
    control.setAttribute('aria-describedby', hintId);
  }
  return h('div', {class: 'field'}, h('label', {class: 'label', for: id}, label), control, hint && h('span', {class: 'hint', id: hintId}, hint));
}

export function check(label, checked, onchange) {
  return h('label', {class: 'check'}, h('input', {type: 'checkbox', checked, onchange: (event) => onchange?.(event.target.checked)}), label);
}

/** A select; `options`: texts, or [value, text] pairs. */
export function choice(options, value, onchange, attributes = {}) {
  const select = h('select', {...attributes, onchange: () => onchange?.(select.value)},
    options.map((option) => (Array.isArray(option) ? h('option', {value: option[0]}, option[1]) : h('option', {value: option}, option))));
  select.value = value ?? '';
  return select;
}

export function badge(text, kind = '') {
  return h('span', {class: `badge ${kind}`}, text);
}

export const statusBadge = (status) => badge(statusWord(status), tone(status));

/** What stands where a list has nothing: a heading, a sentence, and what to do. */
export function empty(heading, ...content) {
  return h('div', {class: 'empty'}, h('h2', {}, heading), content);
}

/** An error where content would be, with a way to try again. */
export function failure(error, again) {
  return h('div', {class: 'empty'}, h('h2', {}, 'This could not be read'), h('p', {}, error.message),
    error.errorId && h('p', {class: 'small soft'}, 'errorId ', h('code', {}, error.errorId)),
    again && h('button', {type: 'button', onclick: again}, icon('retry'), 'Try again'));
}

export const loading = (what) => h('div', {class: 'empty'}, h('div', {class: 'row'}, h('span', {class: 'spinner'}), `Reading ${what} …`));

/** Name and value pairs; entries without a value are left out. */
export function pairs(entries) {
  return h('dl', {class: 'pairs'}, entries.filter(([, value]) => value !== undefined && value !== null && value !== '' && value !== false)
    .map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}
