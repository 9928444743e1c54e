// Whom the page calls as, with tokens that the control plane gives on a click; they live in this page only.
import {control} from '../api.js';

const MARGIN = 60_000; // ms before its end at which a token is not used any more
const state = {client: '', clients: [], tokens: new Map()};
const listeners = new Set();

export const client = () => state.client || 'client_acme';
export const clients = () => state.clients;

export function chooseClient(name) {
  state.client = name;
  for (const handler of listeners) handler();
}

/** `handler()` whenever another partner is chosen. */
export function onClient(handler) {
  listeners.add(handler);
}

export async function loadClients() {
  const list = await control('GET', '/partners', {query: {perPage: 1000}});
  state.clients = list.documents.map((each) => each.clientId);
  if (!state.clients.includes(state.client)) chooseClient(state.clients[0] ?? '');
}

/** An access token of the chosen partner. */
export async function token() {
  const known = state.tokens.get(client());
  if (known && known.ends > Date.now() + MARGIN) return known.text;
  const pair = await control('POST', `/partners/${encodeURIComponent(client())}/token`, {body: {}});
  state.tokens.set(client(), {text: pair.accessToken, ends: Date.now() + pair.expiresIn * 1000});
  return pair.accessToken;
}

const LATEST = {
  slug: async (query) => (await control('GET', '/spv-requests', {query})).documents[0]?.spvRequestSlug,
  spv_slug: async (query) => (await control('GET', '/spv-requests', {query: {...query, status: 'approved'}})).documents[0]?.materialisedRefs?.vehicleSlug,
  person_id: async (query) => (await control('GET', '/investors', {query})).documents[0]?.zestPersonId,
  personId: async (query) => (await control('GET', '/investors', {query})).documents[0]?.zestPersonId,
  clientId: async () => client(),
  version: async () => '1.0.0',
  id: async (query, path) => (path.includes('chaos/rules') ? (await control('GET', '/chaos/rules', {query: {perPage: 1}})).documents[0]?.id : (await control('GET', '/webhook-deliveries', {query})).documents[0]?.deliveryId),
};

/** What a path parameter could be right now: the newest resource of that kind, or nothing. */
export async function latest(name, path) {
  try {
    if (name === 'slug' && path.includes('/subscriptions/')) return (await control('GET', '/subscriptions', {query: {clientId: client(), perPage: 1}})).documents[0]?.subscriptionSlug;
    return await LATEST[name]?.({clientId: client(), perPage: 1}, path);
  } catch {
    return undefined;
  }
}
