// What event an action fired, and whether the partner took it; true until its view ends.
import {h, fill} from '../dom.js';
import {get} from '../api.js';
import {state, takeDelivery} from '../store.js';
import {link} from '../router.js';
import {attemptTo} from './controls.js';
import {deliveryNote, statusBadgeOf} from './delivery_line.js';
import {miniMarks} from './shape.js';

/** A line about the newest delivery of `eventType` about `subject`. `waiting`: what to say while there is none. */
export function eventOutcome(context, {subject, eventType, waiting = 'The event is on its way …'}) {
  const element = h('div', {class: 'outcome row', role: 'status'}, h('span', {class: 'spinner'}), waiting);
  let id = null;
  async function look() {
    // One that was read while its attempt was under way is read again: the attempt's event may have come before.
    if (id && !['pending', 'in_flight'].includes(state.deliveries.get(id)?.status)) return;
    const found = await attemptTo(() => get('/webhook-deliveries', {subject, eventType, perPage: 1, include: 'attempts'}), () => {});
    if (!found?.documents.length) return;
    id = takeDelivery(found.documents[0]).deliveryId;
    draw();
  }
  function draw() {
    const delivery = id && state.deliveries.get(id);
    if (!delivery) return;
    fill(element, statusBadgeOf(delivery), h('a', {href: link(`/deliveries/${id}`)}, delivery.eventType), miniMarks(delivery, state.held.get(id)),
      h('span', {class: 'soft'}, deliveryNote(delivery), delivery.status === 'delivered' ? ': the partner took it' : ''));
  }
  context.on(['deliveries', 'held', 'clocks', 'partners'], draw);
  context.on(['stale'], look);
  look();
  return element;
}
