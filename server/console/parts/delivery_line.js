// The state of a delivery as it is said in lists of several views.
import {h} from '../dom.js';
import {deliveryNote as noteOf, deliveryPhrase as phraseOf} from '../facts.js';
import {state, virtualNow} from '../store.js';
import {statusBadge} from './controls.js';

function parked({clientId}) {
  const partner = state.partners.get(clientId);
  if (partner && !partner.webhookUrl) return 'no webhook URL';
  return state.clocks.get(clientId)?.paused ? 'webhooks paused' : '';
}

const facts = (delivery) => ({now: virtualNow(delivery.clientId), held: state.held.get(delivery.deliveryId), parked: parked(delivery)});
export const deliveryPhrase = (delivery, isShort = false) => phraseOf(delivery, facts(delivery), isShort);
export const deliveryNote = (delivery) => noteOf(delivery, facts(delivery));

export const statusBadgeOf = (delivery) => (state.held.has(delivery.deliveryId) ? h('span', {class: 'badge chaos'}, 'held') : statusBadge(delivery.status));
