// The state of a delivery as it is said in lists of several views.
import {h} from '../dom.js';
import {deliveryPhrase as phraseOf} from '../facts.js';
import {state, virtualNow} from '../store.js';
import {statusBadge} from './controls.js';

export const deliveryPhrase = (delivery, isShort = false) => phraseOf(delivery, virtualNow(delivery.clientId), state.held.get(delivery.deliveryId), isShort);

export const statusBadgeOf = (delivery) => (state.held.has(delivery.deliveryId) ? h('span', {class: 'badge chaos'}, 'held') : statusBadge(delivery.status));
