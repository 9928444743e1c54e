// Questions that stand before the page until they are answered.
import {h, freshId, setText} from '../dom.js';
import {icon} from '../icons.js';
import {attemptTo} from './controls.js';

/** Opens a dialog with `content`; answers it. `content(close)` may be a function that is given how to close it. Unless
    it `stays`, it closes when the page behind it goes elsewhere. */
export function openDialog(title, content, {wide = false, stays = false, onClose} = {}) {
  const heading = freshId('dialog');
  const close = () => dialog.close();
  const dialog = h('dialog', {class: wide ? 'wide' : '', 'aria-labelledby': heading},
    h('header', {}, h('h2', {id: heading}, title), h('button', {type: 'button', class: 'quiet icon', 'aria-label': 'Close', onclick: close}, icon('cross'))),
    h('div', {class: 'content'}));
  dialog.lastChild.append(...[typeof content === 'function' ? content(close) : content].flat());
  const before = document.activeElement;
  const {hash} = location;
  const leave = () => stays || location.hash === hash || close();
  window.addEventListener('hashchange', leave);
  dialog.addEventListener('close', () => {
    window.removeEventListener('hashchange', leave);
    dialog.remove();
    if (before?.isConnected) before.focus();
    onClose?.();
  });
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Asks before something is lost; resolves to whether it was meant. */
export function confirmed(title, text, verb, kind = 'danger') {
  return new Promise((resolve) => {
    let sure = false;
    openDialog(title, (close) => h('form', {class: 'stack wide', onsubmit: (event) => {
      event.preventDefault();
      sure = true;
      close();
    }}, h('p', {}, text), h('div', {class: 'row'}, h('button', {class: kind, type: 'submit', autofocus: true}, verb),
      h('button', {type: 'button', class: 'quiet', onclick: close}, 'Keep it as it is'))), {onClose: () => resolve(sure)});
  });
}

/** A form in a dialog: `work()` is done on submit; it closes when that succeeds and shows the sentence when it fails. */
export function formDialog(title, fields, verb, work, {kind = 'primary', wide = false} = {}) {
  return openDialog(title, (close) => {
    const problem = h('p', {class: 'bad', role: 'alert'});
    const submit = h('button', {class: kind, type: 'submit'}, verb);
    return h('form', {class: 'stack wide', onsubmit: async (event) => {
      event.preventDefault();
      problem.textContent = '';
      submit.setAttribute('aria-busy', 'true');
      const done = await attemptTo(async () => {
        await work();
        return true;
      }, (error) => { setText(problem, error.message); });
      submit.removeAttribute('aria-busy');
      if (done) close();
    }}, fields, problem, h('div', {class: 'row'}, submit, h('button', {type: 'button', class: 'quiet', onclick: close}, 'Cancel')));
  }, {wide});
}
