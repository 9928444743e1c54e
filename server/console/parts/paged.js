// The pages of a list that others make longer meanwhile: the newest ones are read again when something happened, older
// ones as one scrolls, and what one has seen stays in its place even when a filter does not fit it any more.
import {attemptTo} from './controls.js';
import {PAGE} from '../store.js';

const MOST_AT_ONCE = 1000; // of one page of the control plane
const DRAW_PAUSE = 100; // ms

/** Old order with the new ids merged in: new ones where they come, those that are gone behind what stood before them. */
export function mergeIds(fresh, old) {
  const known = new Set(fresh);
  if (old.every((id) => known.has(id))) return fresh;
  const after = new Map();
  let before = null;
  for (const id of old) {
    if (!known.has(id)) after.set(before, [...(after.get(before) ?? []), id]);
    else before = id;
  }
  const merged = [...(after.get(null) ?? [])];
  for (const id of fresh) merged.push(id, ...(after.get(id) ?? []));
  return merged;
}

/** `load({page, perPage})` -> {ids, count}; `filter()`: text that differs when the list is another one. */
export function paged({load, filter, onChange}) {
  const self = {ids: [], count: 0, isLoaded: false, isComplete: false, problem: null, more, refresh, reload, reset, follow};
  let shown = null;
  let read = 0; // ids that came from pages
  let busy = false;
  let again = false;

  async function fetchPage(page, perPage) {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    const asked = shown;
    const result = await attemptTo(() => load({page, perPage}), (error) => { self.problem = error; });
    busy = false;
    if (asked !== shown) return refresh();
    if (result) {
      self.problem = null;
      self.isLoaded = true;
      self.count = result.count;
      read = Math.max(read, (page - 1) * perPage + result.ids.length);
      self.ids = page === 1 ? mergeIds([...new Set([...result.ids, ...self.ids.slice(perPage)])], self.ids)
        : [...new Set([...self.ids, ...result.ids])];
      self.isComplete = read >= result.count;
    }
    onChange();
    if (again) {
      again = false;
      refresh();
    }
  }

  /** Reads again what is shown. */
  function refresh() {
    const perPage = Math.min(MOST_AT_ONCE, Math.max(PAGE, Math.ceil(read / PAGE) * PAGE));
    return fetchPage(1, perPage);
  }

  function more() {
    if (busy || !self.isLoaded || self.isComplete) return;
    fetchPage(Math.floor(read / PAGE) + 1, PAGE);
  }

  function reset() {
    self.ids = [];
    self.isLoaded = false;
    self.isComplete = false;
    read = 0;
  }

  function reload() {
    reset();
    onChange();
    return refresh();
  }

  /** Reads anew when the filter is another one. */
  function follow() {
    const wanted = filter();
    if (wanted === shown) return;
    shown = wanted;
    reset();
    if (busy) again = true;
    else refresh();
  }
  return self;
}

/** Draws once for a burst of changes. */
export function keepPlaces(draw, context) {
  let timer = 0;
  context.onLeave(() => clearTimeout(timer));
  return () => {
    timer ||= setTimeout(() => {
      timer = 0;
      draw();
    }, DRAW_PAUSE);
  };
}
