// Which rows stand below each other: deliveries, grouped by what they are about, the newest group first; within a group
// in the order in which they happened. Pure.
import {parseInstant} from '../text.js';

export const GROUP_HEIGHT = 30;

/** Groups: [{key, subject, clientId, deliveries}]. The place of a group is that of its first delivery, so that it stays
 *  where it is while more happens in it. */
export function groupDeliveries(deliveries) {
  const groups = new Map();
  for (const delivery of deliveries) {
    const key = `${delivery.clientId}/${delivery.subject}`;
    const group = groups.get(key);
    if (group) group.deliveries.push(delivery);
    else groups.set(key, {key, subject: delivery.subject, clientId: delivery.clientId, deliveries: [delivery]});
  }
  const list = [...groups.values()];
  for (const group of list) {
    group.deliveries.sort(byCreation);
    group.first = parseInstant(group.deliveries[0].createdAt);
  }
  return list.sort((a, b) => b.first - a.first || (a.key < b.key ? 1 : -1));
}

function byCreation(a, b) {
  return parseInstant(a.createdAt) - parseInstant(b.createdAt) || (a.deliveryId < b.deliveryId ? -1 : 1);
}

/** Rows: [{kind: 'group' | 'delivery', key, top, height, group, delivery?}], and their height together. `isVisible`:
 *  whether a delivery has something to show; groups without one are left out. */
export function layoutRows(groups, rowHeight, isVisible = () => true) {
  const rows = [];
  let top = 0;
  let left = 0;
  for (const group of groups) {
    const shown = group.deliveries.filter(isVisible);
    left += group.deliveries.length - shown.length;
    if (shown.length === 0) continue;
    rows.push({kind: 'group', key: `g:${group.key}`, top, height: GROUP_HEIGHT, group});
    top += GROUP_HEIGHT;
    for (const delivery of shown) {
      rows.push({kind: 'delivery', key: delivery.deliveryId, top, height: rowHeight, group, delivery});
      top += rowHeight;
    }
  }
  return {rows, height: top, left};
}

/** Index of the first row that ends below `y`. */
export function rowAt(rows, y) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].top + rows[middle].height > y) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Marks that would cover each other become one: [{mark, x, marks}], `gap` px apart at least. The last one stands for them,
 *  or a forged copy: it comes at the instant of the true one, and whoever took it must see that. */
export function cluster(marks, x, gap) {
  const placed = [];
  for (const mark of marks) {
    const at = x(mark.at);
    const last = placed.at(-1);
    if (last && at - last.x < gap && Boolean(last.mark.planned) === Boolean(mark.planned)) {
      if (last.mark.shape !== 'tampered') last.mark = mark;
      last.marks.push(mark);
    } else {
      placed.push({mark, x: at, marks: [mark]});
    }
  }
  return placed;
}
