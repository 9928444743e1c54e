// List and detail: side by side where there is room, one at a time where there is none. The detail never covers what one
// came from; closing it leads back to the same place.
import {h, fill} from '../dom.js';
import {icon} from '../icons.js';

/** `onClose()`: somebody wants to leave the detail. `below`: the detail stands below the list, not beside it. */
export function split(list, {onClose, label, below = false}) {
  const content = h('div', {class: 'detail-content'});
  const detail = h('section', {class: 'detail', 'aria-label': label, hidden: true},
    h('button', {type: 'button', class: 'quiet small detail-back', onclick: onClose}, icon('back'), 'Back'),
    h('button', {type: 'button', class: 'quiet icon small detail-close', 'aria-label': 'Close the detail', title: 'Close (Esc)', onclick: onClose}, icon('cross')),
    content);
  const element = h('div', {class: `split ${below ? 'below' : ''}`}, h('div', {class: 'split-list'}, list), detail);
  return {
    element,
    get isOpen() {
      return !detail.hidden;
    },
    open(...children) {
      fill(content, children);
      detail.scrollTop = 0;
      detail.hidden = false;
      element.dataset.detail = 'open';
      content.querySelector('h2')?.focus({preventScroll: true});
    },
    close() {
      detail.hidden = true;
      delete element.dataset.detail;
      fill(content);
    },
  };
}
