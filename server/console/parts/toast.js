// Short messages at the edge of the page, which screen readers say aloud.
import {h, setText} from '../dom.js';
import {icon} from '../icons.js';

const STAY = 7000;
const place = h('div', {class: 'toasts'});
const voice = h('div', {class: 'unseen', role: 'status', 'aria-live': 'polite'});

export function mountToasts(parent) {
  parent.append(place, voice);
}

/** Says something to screen readers, and shows it for a moment when `shown`. */
export function announce(text, shown = false) {
  voice.textContent = '';
  requestAnimationFrame(() => { setText(voice, text); });
  if (shown) toast(text, {quiet: true, stay: 1800});
}

/** `kind`: good, bad, note; `link`: {href, text}. */
export function toast(text, {kind = '', link = null, quiet = false, stay = STAY} = {}) {
  const close = () => box.remove();
  const box = h('div', {class: `toast ${kind}`, role: quiet ? 'none' : kind === 'bad' ? 'alert' : 'status'},
    h('div', {class: 'grow'}, text, link && [' ', h('a', {href: link.href, onclick: close}, link.text)]),
    h('button', {type: 'button', class: 'quiet icon small', 'aria-label': 'Close this message', onclick: close}, icon('cross')));
  place.append(box);
  while (place.children.length > 4) place.firstChild.remove();
  let timer = setTimeout(close, kind === 'bad' ? stay * 2 : stay);
  box.addEventListener('pointerenter', () => clearTimeout(timer));
  box.addEventListener('pointerleave', () => { timer = setTimeout(close, STAY); });
  return box;
}
