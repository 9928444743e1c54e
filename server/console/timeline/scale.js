// Where an instant stands on the axis. Between two instants at which something happens the axis is compressed, so that a
// wait of 12 hours takes about three times the room of one of 30 seconds; below a second it is linear. `linear` gives equal room
// to equal times instead. Pure.

const SECOND = 1000;
const LAST_DATE = 8.64e15; // ms that a Date holds; far beyond the last instant the axis runs away exponentially

/** Room of a wait of `milliseconds`, in units of which a second has one. */
export function room(milliseconds) {
  const seconds = milliseconds / SECOND;
  return seconds <= 1 ? seconds : 1 + 0.9 * Math.log2(seconds);
}

export class Scale {
  /** `instants`: ms, in any order, of all that happens. */
  constructor(instants, {linear = false} = {}) {
    this.linear = linear;
    this.times = Float64Array.from(new Set(instants.filter((each) => Number.isFinite(each)))).sort();
    this.places = new Float64Array(this.times.length);
    for (let i = 1; i < this.times.length; i += 1) {
      this.places[i] = this.places[i - 1] + this.length(this.times[i] - this.times[i - 1]);
    }
  }

  length(milliseconds) {
    return this.linear ? milliseconds / SECOND : room(milliseconds);
  }

  get first() {
    return this.times[0] ?? 0;
  }

  get last() {
    return this.times[this.times.length - 1] ?? 0;
  }

  /** Index of the last instant at or before `value` in `array`, or -1. */
  static indexOf(array, value) {
    let low = 0;
    let high = array.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (array[middle] <= value) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The place of an instant in units from the first one. */
  place(at) {
    const count = this.times.length;
    if (count === 0) return 0;
    const index = Scale.indexOf(this.times, at);
    if (index < 0) return -this.length(this.times[0] - at);
    if (index === count - 1) return this.places[index] + this.length(at - this.times[index]);
    const part = (at - this.times[index]) / (this.times[index + 1] - this.times[index]);
    return this.places[index] + part * (this.places[index + 1] - this.places[index]);
  }

  /** The instant at a place. */
  at(place) {
    const count = this.times.length;
    if (count === 0) return 0;
    const index = Scale.indexOf(this.places, place);
    if (index < 0) return this.times[0] - this.unroom(-place);
    if (index === count - 1) return Math.min(this.times[index] + this.unroom(place - this.places[index]), LAST_DATE);
    const part = (place - this.places[index]) / (this.places[index + 1] - this.places[index]);
    return this.times[index] + part * (this.times[index + 1] - this.times[index]);
  }

  unroom(units) {
    if (this.linear || units <= 1) return units * SECOND;
    return SECOND * 2 ** ((units - 1) / 0.9);
  }
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
  1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000];
const DAY = 86_400_000;

/** Ticks of the axis between two places: [{at, place, step}], at round times, at least `gap` units apart. */
export function ticks(scale, from, to, gap) {
  const found = [];
  let place = from;
  for (let i = 0; place < to && i < 500; i += 1) {
    const here = scale.at(place);
    const wide = Math.max(scale.at(place + gap) - here, 1);
    const step = STEPS.find((each) => each >= wide) ?? Math.ceil(wide / DAY) * DAY;
    const at = Math.ceil(here / step) * step;
    const there = scale.place(at);
    if (there > to) break;
    const last = found.at(-1);
    if (!last || there - last.place >= gap * 0.98) found.push({at, place: there, step});
    place = Math.max(there + gap, place + gap * 0.25);
  }
  return found;
}

/** The text of a tick: as fine as its step. */
export function tickText(at, step) {
  const iso = new Date(at).toISOString();
  if (step >= DAY) return iso.slice(5, 10);
  if (step >= 60_000) return iso.slice(11, 16);
  if (step >= 1000) return iso.slice(11, 19);
  return iso.slice(11, 23);
}
