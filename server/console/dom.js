// Elements are made here and nowhere else. Whatever comes from data becomes text or the value of a harmless attribute,
// never markup: there is no way to hand a string of HTML to the page. Characters that would hide or reorder what stands
// around them are written out.

import {visible} from './text.js';

const SVG = 'http://www.w3.org/2000/svg';
const PROPERTIES = new Set(['value', 'checked', 'disabled', 'selected', 'indeterminate', 'hidden', 'open']);
const LINKS = /^(#|\/(?!\/)|https?:\/\/|blob:|data:application\/json[,;])/i;

/** Whether an address may stand in href or src: a partner's text could say `javascript:`. */
export function isSafeLink(address) {
  return LINKS.test(String(address));
}

function setAttribute(element, name, value) {
  if (value === null || value === undefined) return;
  if (name.startsWith('on')) {
    element.addEventListener(name.slice(2), value);
  } else if (PROPERTIES.has(name)) {
    element[name] = value;
  } else if ((name === 'href' || name === 'src') && !isSafeLink(value)) {
    element.setAttribute('data-refused-link', String(value));
  } else if (name === 'data') {
    for (const [key, text] of Object.entries(value)) element.dataset[key] = text;
  } else if (value === true) {
    element.setAttribute(name, '');
  } else if (value !== false || name.startsWith('aria-')) {
    element.setAttribute(name, String(value));
  }
}

function add(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) add(element, child);
    else element.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  }
}

function make(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) setAttribute(element, name, value);
  add(element, children);
  return element;
}

/** h('a', {class: 'x', href: '#/'}, 'text', otherElement, null, [more]) */
export function h(tag, attributes, ...children) {
  return make(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function s(tag, attributes, ...children) {
  return make(document.createElementNS(SVG, tag), attributes, children);
}

/** Puts `children` in the place of all that is in `element`. */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

/** Sets a text only when it differs: an unchanged node costs nothing and is not announced again. */
export function setText(element, text) {
  const shown = visible(text);
  if (element.textContent !== shown) element.textContent = shown;
}

let lastId = 0;
/** An id that no other element has. */
export function freshId(prefix = 'i') {
  lastId += 1;
  return `${prefix}-${lastId}`;
}
