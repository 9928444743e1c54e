// Copying: buttons that say that they did it, and identifiers that copy themselves.
import {h, fill} from '../dom.js';
import {icon} from '../icons.js';
import {shortId} from '../text.js';
import {announce} from './toast.js';

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without permission, or not on a secure origin: the old way.
    const area = h('textarea', {class: 'unseen', 'aria-hidden': 'true'});
    area.value = text;
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}

/** A button that copies what `text()` answers when it is pressed. */
export function copyButton(text, label = 'Copy', attributes = {}) {
  const face = () => [icon('copy'), label];
  const button = h('button', {type: 'button', class: 'small', ...attributes, onclick: async (event) => {
    event.preventDefault();
    event.stopPropagation();
    await copyText(await text());
    fill(button, icon('check'), 'Copied');
    announce('Copied');
    setTimeout(() => fill(button, face()), 1500);
  }}, face());
  return button;
}

/** A text block with its copy button. */
export function copyable(content, text, label = 'Copy') {
  return h('div', {class: 'copyable'}, content, copyButton(() => text, label, {class: 'small copy'}));
}

/** An identifier, its middle cut, whole in its title; a press copies it. */
export function copyId(id, {whole = false} = {}) {
  return h('button', {type: 'button', class: 'copy-id', title: `Copy ${id}`, 'aria-label': `Copy ${id}`, onclick: async (event) => {
    event.preventDefault();
    event.stopPropagation();
    await copyText(id);
    announce(`Copied ${id}`, true);
  }}, whole ? id : shortId(id));
}
