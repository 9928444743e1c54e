// Line icons of 16 by 16, drawn with the colour of the text beside them.
import {s} from './dom.js';

const PATHS = {
  timeline: 'M2 4h5M9.5 4h.01M4 8h6M12.5 8h.01M2 12h3M7.5 12h.01M10 12h4',
  deliveries: 'M1.5 4.5 8 9l6.5-4.5M2 3h12a.5.5 0 0 1 .5.5v9a.5.5 0 0 1-.5.5H2a.5.5 0 0 1-.5-.5v-9A.5.5 0 0 1 2 3z',
  requests: 'M3 5h9m0 0L9.5 2.5M12 5 9.5 7.5M13 11H4m0 0 2.5-2.5M4 11l2.5 2.5',
  review: 'M5.5 8.2 7.3 10l3.5-4M3 2.5h10v7c0 2-2 3.5-5 4.5-3-1-5-2.5-5-4.5z',
  resources: 'M2 4c0-1 2.7-1.8 6-1.8S14 3 14 4 11.3 5.8 8 5.8 2 5 2 4zm0 0v8c0 1 2.7 1.8 6 1.8s6-.8 6-1.8V4M2 8c0 1 2.7 1.8 6 1.8S14 9 14 8',
  clock: 'M8 14.3A6.3 6.3 0 1 0 8 1.7a6.3 6.3 0 0 0 0 12.6zM8 4.5V8l2.5 1.8',
  chaos: 'M9 1.5 3 9h4.5L7 14.5 13 7H8.5z',
  partners: 'M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M11 7.5a2 2 0 0 0 0-4M12.2 9.9c1.4.5 2.3 1.7 2.3 3.6',
  compose: 'M3 13l.6-2.6 7.2-7.2a1.4 1.4 0 0 1 2 2L5.6 12.4zM9.5 4.5l2 2',
  docs: 'M3 2.5h4c.6 0 1 .4 1 1v10c0-.6-.4-1-1-1H3zM13 2.5H9c-.6 0-1 .4-1 1v10c0-.6.4-1 1-1h4z',
  keys: 'M1.5 4h13v8h-13zM4 6.5h.01M6.7 6.5h.01M9.3 6.5h.01M12 6.5h.01M5 9.5h6',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  check: 'M3 8.5 6.5 12 13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  fit: 'M2 6V2h4M14 6V2h-4M2 10v4h4M14 10v4h-4',
  back: 'M10 3 5 8l5 5',
  down: 'M3 6l5 5 5-5',
  pause: 'M5.5 3v10M10.5 3v10',
  play: 'M5 3v10l8-5z',
  retry: 'M13.5 3v3.5H10M13 6.5A5.5 5.5 0 1 0 13.5 9',
  trash: 'M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9',
  open: 'M6 3H3v10h10v-3M9 3h4v4M13 3 7.5 8.5',
  save: 'M8 2v8m0 0L5 7m3 3 3-3M2.5 12.5v1h11v-1',
  load: 'M8 10V2m0 0L5 5m3-3 3 3M2.5 12.5v1h11v-1',
  warn: 'M8 2 1.5 13.5h13zM8 6.5V10M8 11.7h.01',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z',
};

/** A decorative icon; what it means must stand in text or aria-label beside it. */
export function icon(name) {
  return s('svg', {class: 'icon', viewBox: '0 0 16 16', width: 16, height: 16, fill: 'none', stroke: 'currentColor',
    'stroke-width': 1.5, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true', focusable: 'false'},
  s('path', {d: PATHS[name]}));
}

/** The sign of the product. */
export function logo() {
  return s('svg', {viewBox: '0 0 32 32', width: 22, height: 22, 'aria-hidden': 'true', focusable: 'false'},
    s('circle', {cx: 16, cy: 16, r: 15, class: 'zest-rind'}),
    s('circle', {cx: 16, cy: 16, r: 12, class: 'zest-pith'}),
    [0, 60, 120, 180, 240, 300].map((turn) =>
      s('path', {d: 'M16 14 20 6.5A9.8 9.8 0 0 0 12 6.5z', transform: `rotate(${turn} 16 16)`, class: 'zest-flesh'})));
}
