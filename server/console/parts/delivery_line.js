// The state of a delivery as it is said in lists of several views.
import {h} from '../dom.js';
import {deliveryPhrase as phraseOf} from '../facts.js';
import {state, virtualNow} from '../store.js';
import {statusBadge} from './controls.js';

function parked({clientId}) {
  const partner = state.partners.get(clientId);
  if (partner && !partner.webhookUrl) return 'no webhook URL';
  return state.clocks.get(clientId)?.paused ? 'webhooks paused' : '';
}

export const deliveryPhrase = (delivery, isShort = false) => phraseOf(delivery,
  {now: virtualNow(delivery.clientId), held: state.held.get(delivery.deliveryId), parked: parked(delivery)}, isShort);

export const statusBadgeOf = (delivery) => (state.held.has(delivery.deliveryId) ? h('span', {class: 'badge chaos'}, 'held') : statusBadge(delivery.status));
