// A long list of which only what is visible exists as elements. Arrow keys and j/k move the focus, Enter follows the
// row's link, page keys scroll. Rows keep their elements while their items change, so that focus and eye stay.
import {h, fill} from '../dom.js';

const OVERSCAN = 6; // rows drawn beyond each edge
const NEAR_END = 12; // rows before the end at which more are asked for

/** px of a list up to which its rows have two lines (style/views.css). */
export const TWO_LINES = 700;

export class List {
  /** `row(item)`: {href, class?, content: children}; `key(item)`, `version(item)`: a row is drawn again when it
   *  differs; `height()`: of a row in px; `onEnd()`: more items may be wanted. */
  constructor({label, row, key, version, height, onEnd = () => {}}) {
    Object.assign(this, {row, key, version, height, onEnd});
    this.items = [];
    this.places = new Map(); // key -> index
    this.drawn = new Map(); // key -> {element, link, version}
    this.active = null; // key of the row that Tab reaches
    this.seen = new Set();
    this.body = h('ol', {class: 'plain list-body', 'aria-label': label});
    this.footer = h('div', {class: 'list-footer'});
    this.element = h('div', {class: 'list', onscroll: () => this.draw(), onkeydown: (event) => this.onKey(event),
      onfocusin: (event) => this.onFocus(event)}, this.body, this.footer);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.element);
  }

  /** Shows these items; what one looks at stays where it is. `footer`: what stands below them. */
  set(items, footer = null) {
    const height = this.height();
    const top = this.element.scrollTop;
    const anchorIndex = Math.floor(top / height);
    const anchor = top > 0 && this.items[anchorIndex] ? this.key(this.items[anchorIndex]) : null;
    const first = this.items.length === 0;
    this.items = items;
    this.places = new Map(items.map((item, index) => [this.key(item), index]));
    if (first) this.seen = new Set(this.places.keys());
    this.size(height);
    fill(this.footer, footer);
    if (anchor !== null && this.places.has(anchor)) {
      this.element.scrollTop = top + (this.places.get(anchor) - anchorIndex) * height;
    }
    if (this.active !== null && !this.places.has(this.active)) this.active = null;
    this.draw();
  }

  size(height) {
    this.body.style.height = `${this.items.length * height}px`;
    this.body.style.setProperty('--row', `${height}px`);
  }

  draw() {
    const height = this.height();
    if (this.drawnHeight !== height) this.size(this.drawnHeight = height);
    const viewport = this.element.clientHeight;
    if (viewport === 0) return;
    const from = Math.max(0, Math.floor(this.element.scrollTop / height) - OVERSCAN);
    const to = Math.min(this.items.length, Math.ceil((this.element.scrollTop + viewport) / height) + OVERSCAN);
    const wanted = new Set();
    for (let index = from; index < to; index += 1) wanted.add(index);
    const activeIndex = this.places.get(this.active) ?? (this.items.length > 0 ? 0 : undefined);
    if (activeIndex !== undefined) wanted.add(activeIndex);
    for (const [key, drawn] of this.drawn) {
      const index = this.places.get(key);
      if (index === undefined || !wanted.has(index)) {
        drawn.element.remove();
        this.drawn.delete(key);
      }
    }
    for (const index of [...wanted].sort((a, b) => a - b)) this.drawRow(index, height, index === activeIndex);
    if (to > this.items.length - NEAR_END) this.onEnd();
  }

  drawRow(index, height, active) {
    const item = this.items[index];
    const key = this.key(item);
    const version = this.version(item);
    let drawn = this.drawn.get(key);
    if (!drawn) {
      const link = h('a', {class: 'list-row'});
      drawn = {link, element: h('li', {}, link), version: null};
      link.dataset.key = key;
      this.drawn.set(key, drawn);
      this.insert(drawn, index);
      if (!this.seen.has(key)) {
        this.seen.add(key);
        drawn.element.classList.add('arrived');
      }
    }
    drawn.index = index;
    const top = `translateY(${index * height}px)`;
    if (drawn.element.style.transform !== top) drawn.element.style.transform = top;
    const place = `${index + 1}/${this.items.length}`;
    if (drawn.place !== place) {
      drawn.place = place;
      drawn.element.setAttribute('aria-posinset', index + 1);
      drawn.element.setAttribute('aria-setsize', this.items.length);
    }
    drawn.link.tabIndex = active ? 0 : -1;
    if (drawn.version === version) return;
    drawn.version = version;
    const row = this.row(item);
    drawn.link.className = `list-row ${row.class ?? ''}`;
    drawn.link.setAttribute('href', row.href);
    if (row.current) drawn.link.setAttribute('aria-current', 'true');
    else drawn.link.removeAttribute('aria-current');
    fill(drawn.link, row.content);
  }

  // In the order of the items, so that readers and Tab meet them in that order.
  insert(drawn, index) {
    for (const child of this.body.children) {
      const other = this.drawn.get(child.firstChild.dataset.key);
      if (other && this.places.get(child.firstChild.dataset.key) > index) return child.before(drawn.element);
    }
    return this.body.append(drawn.element);
  }

  onFocus(event) {
    const link = event.target.closest?.('.list-row');
    if (link && link.dataset.key !== this.active) {
      this.active = link.dataset.key;
      this.draw();
    }
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !event.target.closest('.list-row')) return;
    const at = this.places.get(this.active) ?? 0;
    const to = {ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, Home: 0, End: this.items.length - 1}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.focusIndex(to);
  }

  focusIndex(index) {
    const to = Math.max(0, Math.min(this.items.length - 1, index));
    if (this.items.length === 0) return;
    this.active = this.key(this.items[to]);
    const height = this.height();
    const top = to * height;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + height > this.element.scrollTop + this.element.clientHeight) this.element.scrollTop = top + height - this.element.clientHeight;
    this.draw();
    this.drawn.get(this.active)?.link.focus({preventScroll: true});
  }

  /** Puts the focus on an item's row, or on the first. */
  focusKey(key) {
    this.focusIndex(this.places.get(key) ?? 0);
  }

  /** Draws every visible row again (its selection changed). */
  redraw() {
    for (const drawn of this.drawn.values()) drawn.version = null;
    this.draw();
  }

  end() {
    this.observer.disconnect();
  }
}
