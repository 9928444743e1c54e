// How things are said: instants, lengths of time, numbers, identifiers. The same words as on the command line.

const UNITS = [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1000], ['ms', 1]];

/** 330000 -> "5m30s"; at most `parts` units. */
export function duration(milliseconds, parts = 2) {
  let rest = Math.round(Math.abs(milliseconds));
  if (rest === 0) return '0s';
  let text = '';
  let used = 0;
  for (const [unit, size] of UNITS) {
    if (used > 0 && used >= parts) break;
    const count = Math.floor(rest / size);
    if (count === 0) {
      if (used > 0) used += 1;
      continue;
    }
    if (unit === 'ms' && used > 0) break;
    text += `${count}${unit}`;
    rest -= count * size;
    used += 1;
  }
  return text;
}

/** +5m30s, or at once. */
export function offset(milliseconds) {
  return milliseconds < 0 ? `-${duration(milliseconds)}` : `+${duration(milliseconds)}`;
}

const iso = (milliseconds) => new Date(milliseconds).toISOString();

/** Instants come as text of the API; NaN when there is none. */
export function parseInstant(text) {
  return text ? Date.parse(text) : NaN;
}

/** 2026-01-01 02:05:30 (UTC, as everything here). */
export function dateTime(milliseconds) {
  return Number.isFinite(milliseconds) ? iso(milliseconds).slice(0, 19).replace('T', ' ') : '–';
}

export function dateTimeExact(milliseconds) {
  return Number.isFinite(milliseconds) ? iso(milliseconds).slice(0, 23).replace('T', ' ') : '–';
}

export function timeOfDay(milliseconds) {
  return Number.isFinite(milliseconds) ? iso(milliseconds).slice(11, 19) : '–';
}

/** As the API writes it. */
export function instant(milliseconds) {
  return iso(milliseconds);
}

/** "1 attempt", "3 attempts", "2 deliveries" */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

/** wde_7c91e60200000003 -> wde_7c91…0003: enough to tell identifiers apart; the whole one belongs into a title. */
export function shortId(id) {
  const text = String(id);
  return text.length <= 15 ? text : `${text.slice(0, 8)}…${text.slice(-4)}`;
}

export function bytes(number) {
  if (number < 1024) return count(number, 'byte');
  if (number < 1024 * 1024) return `${(number / 1024).toFixed(1)} KiB`;
  return `${(number / 1024 / 1024).toFixed(1)} MiB`;
}

/** "a, b and c" */
export function joined(words, last = 'and') {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

/** Control and bidirectional characters made visible: text of others must not reorder what stands around it. */
export function visible(text) {
  return String(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A word of the shell, quoted only where needed. */
export function shellWord(text) {
  const word = String(text);
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
