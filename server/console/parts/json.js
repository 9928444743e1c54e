// JSON as people read it: indented, its parts told apart, always as text.
import {h} from '../dom.js';
import {copyable} from './copy.js';

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

/** Spans for the parts of a JSON text. */
export function highlighted(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    if (match[1]) {
      parts.push(h('span', {class: match[2] ? 'name' : 'text'}, match[1]));
      if (match[2]) parts.push(match[2]);
    } else {
      parts.push(h('span', {class: match[3] ? 'word' : 'number'}, match[0]));
    }
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts;
}

const LONGEST = 200_000; // characters that are coloured

/** A block with `value` indented, and a button that copies it. */
export function jsonBlock(value, label = 'JSON') {
  const text = JSON.stringify(value, null, 2);
  return copyable(h('pre', {class: 'code', tabindex: 0, role: 'region', 'aria-label': label}, text.length > LONGEST ? text : highlighted(text)), text);
}

/** A block with exactly this text. */
export function textBlock(text, label = 'Text', {copy = true} = {}) {
  const block = h('pre', {class: 'code', tabindex: 0, role: 'region', 'aria-label': label}, text);
  return copy ? copyable(block, text) : block;
}

/** An answer's body: indented when it is JSON. */
export function bodyBlock(text, label) {
  try {
    return jsonBlock(JSON.parse(text), label);
  } catch {
    return textBlock(text, label);
  }
}
