// The axis above the rows, and the lines that show where now is.
import {h, s, setText} from '../dom.js';
import {offset} from '../text.js';
import {tickText, ticks} from './scale.js';

const TICK_GAP = 96; // px
export const AXIS_HEIGHT = 36;
const MAX_NOW_LINES = 6;

export class Axis {
  constructor() {
    this.group = s('g', {class: 'tl-pan'});
    this.element = s('svg', {class: 'tl-ticks', height: AXIS_HEIGHT, 'aria-hidden': 'true'}, this.group);
    this.drawn = new Map();
    this.nowLines = [];
    this.now = h('div', {class: 'tl-now', 'aria-hidden': 'true'});
  }

  /** Ticks between two px of the world; only those that came or went are touched. Answers how many nodes changed. */
  draw(scale, zoom, from, to) {
    const gap = TICK_GAP / zoom;
    // Ticks follow from where the walk begins: begin at whole steps, so that a pan does not shift them.
    const start = Math.floor(from / zoom / (gap * 4)) * gap * 4;
    const wanted = new Map(ticks(scale, Math.max(start, 0), to / zoom, gap).map((tick) => [`${tick.at}/${tick.step}`, tick]));
    let changes = 0;
    for (const [key, drawn] of this.drawn) {
      const x = wanted.has(key) ? Math.round(wanted.get(key).place * zoom) : null;
      if (x === drawn.x) continue;
      drawn.element.remove();
      this.drawn.delete(key);
      changes += 1;
    }
    for (const [key, tick] of wanted) {
      if (this.drawn.has(key)) continue;
      const x = Math.round(tick.place * zoom);
      const element = s('g', {transform: `translate(${x},0)`}, s('path', {d: `M0 ${AXIS_HEIGHT - 6}V${AXIS_HEIGHT}`}),
        s('text', {y: 14, class: 'tl-tick'}, tickText(tick.at, tick.step)),
        s('text', {y: 27, class: 'tl-tick soft'}, tick.at >= scale.first ? offset(tick.at - scale.first) : ''));
      this.group.append(element);
      this.drawn.set(key, {element, x});
      changes += 1;
    }
    return changes;
  }

  /** `lines`: [{at, label}]; x of an instant in px of the viewport, `width` of it. */
  drawNow(lines, x, width) {
    const shown = lines.slice(0, MAX_NOW_LINES);
    while (this.nowLines.length > shown.length) this.nowLines.pop().remove();
    shown.forEach((line, index) => {
      let element = this.nowLines[index];
      if (!element) {
        element = h('div', {class: 'tl-now-line'}, h('span'));
        this.nowLines.push(element);
        this.now.append(element);
      }
      const at = x(line.at);
      const isOutside = at < -1 || at > width + 1;
      if (element.hidden !== isOutside) element.hidden = isOutside;
      const place = `translateX(${Math.round(at)}px)`;
      if (element.style.transform !== place) element.style.transform = place;
      setText(element.firstChild, line.label);
    });
  }
}
