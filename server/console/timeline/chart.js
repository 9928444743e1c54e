// The timeline as elements: rows of which only the visible ones exist, in each of them only the marks near the window.
// A pan moves one custom property; what enters or leaves the window is added or taken away, a bounded number of nodes a
// frame, so that a thousand deliveries stay smooth.
import {h, s, fill, setText} from '../dom.js';
import {room, Scale} from './scale.js';
import {cluster, layoutRows, rowAt} from './layout.js';
import {SHAPES, spanOf} from './marks.js';
import {Axis} from './axis.js';

const OVERSCAN_ROWS = 3;
const MARGIN = 240; // px beyond the window in which marks exist
const BUDGET = 150; // nodes that a frame adds, changes or takes away
const ROW_NODES = 14;
const MARK_GAP = 11; // px; nearer ones are drawn as one
const LABEL_ROOM = 64; // px that the text of an offset needs
const PADDING = 28; // px before the first mark
const PADDING_END = 76; // px after the last one, for its text
const NARROWEST = room(60_000); // units that the axis shows at least
const WIDEST = 4_000_000; // px of the whole run: beyond it single-precision coordinates tremble
const SETTLE = 220; // ms after which rows without a mark in the window are left out
const BOLT = 'M2-13L-2-8.5h3L0-5.5';

export class Chart {
  /** `source`: {rowLabel(delivery), groupLabel(group), href(delivery, attempt), marks(delivery), nowLines(), onEnd(),
   *  onMark(mark | null, element), rowHeight(), isCurrent(delivery)} */
  constructor(source) {
    this.source = source;
    this.groups = [];
    this.rows = [];
    this.places = new Map();
    this.drawn = new Map();
    this.scale = new Scale([]);
    this.zoom = 1; // px of a unit
    this.pan = 0; // px of the world at the left edge
    this.isFitted = true;
    this.isLinear = false;
    this.active = null;
    this.activeMark = null;
    this.width = 0;
    this.axis = new Axis();
    this.body = h('div', {class: 'tl-body', role: 'list', 'aria-label': 'Deliveries'});
    this.footer = h('div', {class: 'tl-footer'});
    this.left = h('button', {type: 'button', class: 'small quiet', hidden: true, onclick: () => this.fit()});
    this.element = h('div', {class: 'tl', onscroll: () => this.redraw()},
      h('div', {class: 'tl-axis'}, h('div', {class: 'tl-label'}, h('span', {class: 'soft small'}, 'Virtual time, UTC'), this.left), this.axis.element),
      h('div', {class: 'tl-rows'}, this.body, this.axis.now), this.footer);
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(this.element);
    this.observer.observe(this.axis.element);
  }

  end() {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.settling);
  }

  measure() {
    const width = this.axis.element.clientWidth || this.axis.element.getBoundingClientRect().width;
    if (width === 0) return;
    const grew = width !== this.width;
    this.width = width;
    if (grew) this.rescale();
    this.layout();
  }

  // ---- what is shown

  /** Shows these groups (layout.js). What one looks at stays where it is. */
  set(groups, footer) {
    this.groups = groups;
    fill(this.footer, footer);
    this.markCache = new Map();
    const instants = [];
    for (const group of groups) {
      for (const delivery of group.deliveries) {
        const marks = this.marksOf(delivery);
        instants.push(...spanOf(delivery, marks), ...marks.map((mark) => mark.at));
      }
    }
    this.scale = new Scale(instants, {linear: this.isLinear});
    this.rescale();
    this.layout();
  }

  marksOf(delivery) {
    let cached = this.markCache.get(delivery.deliveryId);
    if (!cached) this.markCache.set(delivery.deliveryId, cached = this.source.marks(delivery));
    return cached;
  }

  get extent() {
    const now = Math.max(...this.source.nowLines().map((line) => line.at), -Infinity);
    return Math.max(this.scale.place(Math.max(this.scale.last, Number.isFinite(now) && !this.isLinear ? now : this.scale.last)), NARROWEST);
  }

  rescale() {
    this.fitZoom = Math.max(this.width - PADDING - PADDING_END, 50) / this.extent;
    if (this.isFitted) this.zoom = this.fitZoom;
    this.zoom = Math.min(Math.max(this.zoom, this.fitZoom), this.maxZoom());
    this.isStale = true;
    this.setPan(this.isFitted ? -PADDING : this.pan);
  }

  maxZoom() {
    return Math.max(Math.min(WIDEST / this.extent, 4000), this.fitZoom);
  }

  setLinear(isLinear) {
    this.isLinear = isLinear;
    this.scale = new Scale(this.scale.times, {linear: isLinear});
    this.isFitted = true;
    this.rescale();
    this.layout();
  }

  /** Rows from the groups; those with nothing in the window are left out while one is zoomed in. */
  layout() {
    const height = this.source.rowHeight();
    const [from, to] = [this.pan, this.pan + this.width];
    const isVisible = this.isFitted ? undefined : (delivery) => {
      const [start, end] = spanOf(delivery, this.marksOf(delivery));
      return this.x(end) >= from && this.x(start) <= to;
    };
    const anchor = this.anchorRow();
    const {rows, height: total, left} = layoutRows(this.groups, height, isVisible);
    this.rows = rows;
    this.places = new Map(rows.map((row, index) => [row.key, index]));
    this.body.style.height = `${total}px`;
    this.left.hidden = left === 0;
    setText(this.left, `${left} outside this window`);
    if (anchor) {
      const index = this.places.get(anchor.key);
      if (index !== undefined) this.element.scrollTop = rows[index].top - anchor.offset;
    }
    this.redraw();
  }

  anchorRow() {
    const top = this.element.scrollTop;
    if (top <= 0) return null;
    const row = this.rows[rowAt(this.rows, top)];
    return row ? {key: row.key, offset: row.top - top} : null;
  }

  // ---- places

  x(at) {
    return this.scale.place(at) * this.zoom;
  }

  setPan(pan) {
    const widest = this.extent * this.zoom + PADDING_END - this.width;
    this.pan = Math.round(Math.max(-PADDING, Math.min(pan, Math.max(widest, -PADDING))));
    this.element.style.setProperty('--tl-pan', `${-this.pan}px`);
    this.redraw();
  }

  panBy(distance) {
    this.setPan(this.pan + distance);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.layout(), SETTLE);
  }

  /** Zooms by a factor around an x of the viewport. */
  zoomBy(factor, around = this.width / 2) {
    const place = (this.pan + around) / this.zoom;
    const zoom = Math.min(Math.max(this.zoom * factor, this.fitZoom), this.maxZoom());
    this.isFitted = zoom <= this.fitZoom * 1.001;
    this.isStale = true;
    this.zoom = zoom;
    this.setPan(this.isFitted ? -PADDING : place * zoom - around);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.layout(), SETTLE);
  }

  fit() {
    this.isFitted = true;
    this.rescale();
    this.layout();
  }

  /** Moves the window so that an instant is in it. */
  reveal(at) {
    const x = this.x(at);
    if (x < this.pan + 20 || x > this.pan + this.width - 20) this.panBy(x - this.pan - this.width / 2);
  }

  // ---- drawing

  redraw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    if (this.width === 0) return;
    const viewTop = this.element.scrollTop;
    const viewport = this.element.clientHeight;
    const first = Math.max(0, rowAt(this.rows, viewTop) - OVERSCAN_ROWS);
    let last = first;
    while (last < this.rows.length && this.rows[last].top < viewTop + viewport) last += 1;
    last = Math.min(this.rows.length, last + OVERSCAN_ROWS);
    // What is new as a whole is drawn as a whole; a step from there costs what it changes.
    let budget = this.isStale ? Infinity : BUDGET;
    this.isStale = false;
    const activeIndex = this.places.get(this.active);
    for (const [key, drawn] of this.drawn) {
      const index = this.places.get(key);
      if (index !== undefined && ((index >= first && index < last) || index === activeIndex)) continue;
      drawn.element.remove();
      this.drawn.delete(key);
      budget -= 1;
    }
    budget -= this.axis.draw(this.scale, this.zoom, this.pan - MARGIN, Math.min(this.pan + this.width + MARGIN, this.extent * this.zoom));
    for (let index = first; index < last && budget > 0; index += 1) budget -= this.drawRow(index, budget);
    if (activeIndex !== undefined && (activeIndex < first || activeIndex >= last)) this.drawRow(activeIndex, BUDGET);
    this.drawNow();
    if (budget <= 0) this.redraw();
    if (last >= this.rows.length - 10) this.source.onEnd();
  }

  drawNow() {
    this.axis.drawNow(this.source.nowLines(), (at) => this.x(at) - this.pan, this.width);
  }

  drawRow(index, budget) {
    const row = this.rows[index];
    let changes = 0;
    let drawn = this.drawn.get(row.key);
    if (!drawn) {
      drawn = row.kind === 'group' ? this.makeGroup() : this.makeRow(row);
      this.drawn.set(row.key, drawn);
      this.insert(drawn.element, index);
      changes += ROW_NODES;
    }
    const top = `translateY(${row.top}px)`;
    if (drawn.top !== top) {
      drawn.top = top;
      drawn.element.style.transform = top;
      changes += 1;
    }
    if (row.kind === 'group') {
      const version = this.source.groupVersion(row.group);
      if (drawn.version !== version) {
        drawn.version = version;
        fill(drawn.element, this.source.groupLabel(row.group));
        changes += 1;
      }
      return changes;
    }
    return changes + this.updateRow(drawn, row, budget - changes);
  }

  makeGroup() {
    return {element: h('div', {class: 'tl-group', role: 'listitem'})};
  }

  makeRow(row) {
    const label = h('span', {class: 'tl-label'});
    const track = s('path', {class: 'track'});
    const ahead = s('path', {class: 'track ahead'});
    const group = s('g', {class: 'tl-pan'}, track, ahead);
    const link = h('a', {class: 'tl-row', draggable: 'false', data: {key: row.key}}, label,
      s('svg', {class: 'tl-strip', 'aria-hidden': 'true'}, group));
    const element = h('div', {class: 'tl-item', role: 'listitem'}, link);
    return {element, link, label, group, track, ahead, marks: new Map()};
  }

  // In the order of the rows, which is that of reading.
  insert(element, index) {
    for (let next = index + 1; next < this.rows.length && next < index + 80; next += 1) {
      const after = this.drawn.get(this.rows[next].key);
      if (after) return after.element.isConnected ? this.body.insertBefore(element, after.element) : this.body.append(element);
    }
    return this.body.append(element);
  }

  updateRow(drawn, row, budget) {
    const {delivery} = row;
    let changes = 0;
    const version = this.source.rowVersion(delivery);
    if (drawn.version !== version) {
      drawn.version = version;
      drawn.link.setAttribute('href', this.source.href(delivery));
      const {content, className} = this.source.rowLabel(delivery);
      fill(drawn.label, content);
      drawn.link.className = `tl-row ${className}`;
      drawn.clustered = null;
      changes += 3;
    }
    const isActive = row.key === this.active || (this.active === null && row === this.firstDelivery());
    if (drawn.link.tabIndex !== (isActive ? 0 : -1)) drawn.link.tabIndex = isActive ? 0 : -1;
    const isCurrent = this.source.isCurrent(delivery);
    if (drawn.isCurrent !== isCurrent) {
      drawn.isCurrent = isCurrent;
      if (isCurrent) drawn.link.setAttribute('aria-current', 'true');
      else drawn.link.removeAttribute('aria-current');
    }
    const stamp = `${this.zoom}/${this.scale.last}/${this.scale.times.length}/${row.height}`;
    if (!drawn.clustered || drawn.stamp !== stamp || drawn.source !== this.marksOf(delivery)) {
      drawn.stamp = stamp;
      drawn.source = this.marksOf(delivery);
      drawn.clustered = cluster(drawn.source, (at) => this.x(at), MARK_GAP);
      changes += this.drawTrack(drawn, delivery, row.height);
    }
    return changes + this.drawMarks(drawn, row.height, budget - changes);
  }

  firstDelivery() {
    return this.rows.find((row) => row.kind === 'delivery');
  }

  drawTrack(drawn, delivery, height) {
    const y = this.source.stripY(height);
    const [from, to] = spanOf(delivery, drawn.source);
    const lastDone = drawn.source.filter((mark) => !mark.planned).at(-1)?.at ?? from;
    drawn.track.setAttribute('d', `M${this.x(from).toFixed(1)} ${y}H${this.x(Math.max(from, lastDone)).toFixed(1)}`);
    drawn.ahead.setAttribute('d', to > lastDone ? `M${this.x(Math.max(from, lastDone)).toFixed(1)} ${y}H${this.x(to).toFixed(1)}` : 'M0 0');
    return 2;
  }

  drawMarks(drawn, height, budget) {
    const [from, to] = [this.pan - MARGIN, this.pan + this.width + MARGIN];
    const y = this.source.stripY(height);
    let changes = 0;
    const wanted = new Set();
    drawn.clustered.forEach((place, index) => {
      if (place.x < from || place.x > to) return;
      wanted.add(place.mark.key);
      const next = drawn.clustered[index + 1];
      const text = place.marks.length > 1 ? `×${place.marks.length}` : place.mark.label && (!next || next.x - place.x > LABEL_ROOM) ? place.mark.label : '';
      const stamp = `${place.x.toFixed(1)}/${y}/${place.mark.shape}/${place.mark.tone}/${place.mark.chaos}/${text}`;
      const known = drawn.marks.get(place.mark.key);
      if (known?.stamp === stamp) {
        known.place = place;
        return;
      }
      if (changes >= budget) return;
      changes += (known ? 2 : 3) + (text ? 2 : 0);
      drawn.marks.set(place.mark.key, this.drawMark(drawn.group, known, place, y, text, stamp));
    });
    for (const [key, known] of drawn.marks) {
      if (wanted.has(key) || changes >= budget) continue;
      known.element.remove();
      drawn.marks.delete(key);
      changes += 1;
    }
    return changes;
  }

  drawMark(group, known, place, y, text, stamp) {
    const {mark} = place;
    const shape = SHAPES[mark.shape];
    const element = known?.element ?? s('g', {data: {mark: mark.key}}, s('path'));
    element.setAttribute('class', `mark ${mark.tone} ${shape.line ? 'line' : ''} ${mark.planned ? 'planned' : ''} ${mark.chaos ? 'by-chaos' : ''}`);
    element.setAttribute('transform', `translate(${place.x.toFixed(1)},${y})`);
    element.firstChild.setAttribute('d', shape.path + (mark.chaos ? BOLT : ''));
    if (text && element.childNodes.length === 1) element.append(s('text', {x: 7, y: -4}));
    if (element.childNodes.length > 1) setText(element.lastChild, text);
    if (!known) group.append(element);
    return {element, stamp, place};
  }

  // ---- marks under pointer and keyboard

  /** {row, place, element} of what is at an event, or nothing. */
  markAt(event) {
    const link = event.target.closest?.('.tl-row');
    const element = event.target.closest?.('.mark');
    const drawn = link && this.drawn.get(link.dataset.key);
    if (!drawn || !element) return null;
    const known = drawn.marks.get(element.dataset.mark);
    return known ? {drawn, ...known} : null;
  }

  focusRow(key) {
    const index = this.places.get(key);
    if (index === undefined) return;
    this.active = key;
    const row = this.rows[index];
    const {scrollTop, clientHeight} = this.element;
    const bottom = scrollTop + clientHeight - 40;
    if (row.top < scrollTop) this.element.scrollTop = Math.max(row.top - 30, 0);
    else if (row.top + row.height > bottom) this.element.scrollTop = row.top + row.height - clientHeight + 40;
    this.draw();
    this.drawRow(index, BUDGET);
    this.drawn.get(key)?.link.focus({preventScroll: true});
  }

  /** Moves the focus by whole deliveries. */
  moveRow(step) {
    const shown = this.rows.filter((row) => row.kind === 'delivery');
    if (shown.length === 0) return;
    const at = shown.findIndex((row) => row.key === this.active);
    const to = step === 'first' ? 0 : step === 'last' ? shown.length - 1 : Math.max(0, Math.min(shown.length - 1, (at < 0 ? 0 : at) + step));
    this.activeMark = null;
    this.source.onMark(null);
    this.focusRow(shown[to].key);
  }

  /** Moves to the next or the previous mark of the focused row; answers it. */
  moveMark(step) {
    const row = this.rows[this.places.get(this.active)];
    if (!row) return null;
    const marks = this.marksOf(row.delivery);
    const at = marks.findIndex((mark) => mark.key === this.activeMark);
    const to = at < 0 ? (step > 0 ? 0 : marks.length - 1) : Math.max(0, Math.min(marks.length - 1, at + step));
    const mark = marks[to];
    this.activeMark = mark.key;
    this.reveal(mark.at);
    const drawn = this.drawn.get(row.key);
    const left = this.axis.element.getBoundingClientRect().left + this.x(mark.at) - this.pan;
    this.source.onMark({mark, delivery: row.delivery, x: left, y: drawn.link.getBoundingClientRect().bottom});
    return mark;
  }
}
