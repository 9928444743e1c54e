// The keyboard: single keys that work anywhere but in fields, `g` and a letter for the views, and the page that lists all.
import {h} from './dom.js';
import {openDialog} from './parts/dialog.js';

const WAIT = 1500; // ms for the letter after g
const bindings = new Map();
const sections = [];

/** `keys`: such as 'g d' or '?'; `action()`; `help`: what it does. */
export function bind(section, keys, help, action) {
  bindings.set(keys, action);
  list(section, keys, help);
}

/** Lists keys that a view handles itself. */
export function list(section, keys, help) {
  let entry = sections.find((each) => each.name === section);
  if (!entry) sections.push(entry = {name: section, rows: []});
  if (!entry.rows.some((row) => row.keys === keys)) entry.rows.push({keys, help});
}

export function showKeys() {
  openDialog('Keys', h('div', {class: 'key-list'}, sections.map((section) => h('section', {},
    h('h3', {}, section.name),
    h('dl', {class: 'pairs'}, section.rows.map((row) => [
      h('dt', {class: 'row tight'}, row.keys.split(' ').map((key) => h('kbd', {}, key))), h('dd', {}, row.help)]))))), {wide: true});
}

const isTyping = (target) => target.matches?.('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]');

export function startKeys() {
  let prefix = '';
  let timer = 0;
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
    if (isTyping(event.target)) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    const keys = prefix ? `${prefix} ${event.key}` : event.key;
    prefix = '';
    clearTimeout(timer);
    if (event.key === 'g' && keys === 'g') {
      prefix = 'g';
      timer = setTimeout(() => { prefix = ''; }, WAIT);
      return;
    }
    const action = bindings.get(keys);
    if (!action) return;
    event.preventDefault();
    action();
  });
}
