// The marks of the timeline where they stand in text.
import {h, s} from '../dom.js';
import {marksOf, SHAPES} from '../timeline/marks.js';

export function shapeIcon(name, kind, title = null) {
  const shape = SHAPES[name];
  return s('svg', {viewBox: '-8 -8 16 16', width: 16, height: 16, 'aria-hidden': title ? null : 'true', role: title ? 'img' : null, 'aria-label': title},
    s('path', {d: shape.path, class: `mark ${kind} ${shape.line ? 'line' : ''} ${name === 'planned' ? 'planned' : ''}`}));
}

const MOST = 8;

/** The attempts of a delivery as a row of marks, the newest last. */
export function miniMarks(delivery, held) {
  const marks = marksOf(delivery, {held});
  const shown = marks.slice(-MOST);
  return h('span', {class: 'mini', 'aria-hidden': 'true'}, marks.length > MOST && h('span', {class: 'soft'}, '…'), shown.map((mark) => shapeIcon(mark.shape, mark.tone)));
}
