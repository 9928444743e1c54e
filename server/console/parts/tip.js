// A small note beside what the pointer or the focus is on.
import {h, fill} from '../dom.js';

export class Tip {
  constructor() {
    this.element = h('div', {class: 'tip', role: 'tooltip', hidden: true});
    document.body.append(this.element);
  }

  /** `lines`: the first one stands out. x, y: where it points, in px of the viewport. */
  show(x, y, lines) {
    fill(this.element, h('strong', {}, lines[0]), lines.slice(1).map((line) => h('div', {}, line)));
    this.element.hidden = false;
    const {width, height} = this.element.getBoundingClientRect();
    const left = Math.max(8, Math.min(x - width / 2, innerWidth - width - 8));
    const top = y + 8 + height > innerHeight ? y - height - 28 : y + 8;
    this.element.style.transform = `translate(${Math.round(left)}px, ${Math.round(Math.max(8, top))}px)`;
  }

  hide() {
    this.element.hidden = true;
  }

  remove() {
    this.element.remove();
  }
}
