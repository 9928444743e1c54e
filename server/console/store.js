// What the page knows of the sandbox, by id, and who wants to be told of changes. The only state that views share. Filled
// by calls of the control plane, kept true by the stream: an event changes what it is about at once, and what an event
// does not carry is read again a moment later.
import {get, onUnauthorized, segment} from './api.js';
import {parseInstant} from './text.js';
import {Stream} from './stream.js';

const REFRESH_PAUSE = 250; // ms between an event and the calls that it causes
const REFRESH_EVERY = 15_000; // clocks and counts, also when nothing happens
export const PAGE = 200;

export const state = {
  connection: 'connecting', // connecting, live, lost, login
  wasLive: false,
  restarts: 0,
  status: null,
  client: '', // the chosen partner; '': all
  partners: new Map(),
  clocks: new Map(),
  deliveries: new Map(),
  held: new Map(),
  rules: [],
  counts: {review: 0, dead: 0, held: 0, errors: 0, warnings: 0, requests: 0, deliveries: 0},
};

const subscribers = new Set();
const dirty = new Set();
let flushing = false;

function flush() {
  flushing = false;
  const topics = new Set(dirty);
  dirty.clear();
  for (const each of [...subscribers]) {
    if (each.topics.some((topic) => topics.has(topic))) each.handler(topics);
  }
}

export function changed(...topics) {
  for (const topic of topics) dirty.add(topic);
  if (flushing) return;
  flushing = true;
  queueMicrotask(flush);
}

/** `handler(topics)` after changes of any of `topics`; answers how to stop it. Topics: connection, status, clocks,
 *  partners, deliveries, held, rules, requests (with what came), resources, restart. */
export function subscribe(topics, handler) {
  const entry = {topics, handler};
  subscribers.add(entry);
  return () => subscribers.delete(entry);
}

// ---- time

/** Virtual ms of a partner's clock now; without one the only or first clock's. */
export function virtualNow(client = state.client) {
  const clock = state.clocks.get(client) ?? state.clocks.values().next().value;
  if (!clock) return NaN;
  if (clock.mode === 'manual') return clock.now;
  return clock.now + (performance.now() - clock.readAt) * clock.scale;
}

export function clockOf(client = state.client) {
  return state.clocks.get(client) ?? state.clocks.values().next().value;
}

function takeClocks(lanes, all) {
  const readAt = performance.now();
  if (all) state.clocks.clear();
  for (const lane of lanes) {
    state.clocks.set(lane.clientId, {clientId: lane.clientId, mode: lane.mode, scale: lane.scale, now: parseInstant(lane.now), readAt,
      nextDueAt: parseInstant(lane.nextDueAt), paused: lane.paused, inFlight: lane.inFlight});
  }
  changed('clocks');
}

// ---- deliveries

const attemptKey = (attempt) => `${attempt.schedule}/${attempt.kind}/${attempt.number}/${attempt.wallTime}/${attempt.virtualTime}`;

/** Takes a delivery as the sandbox told it; what is known of it stays where that tells less: attempts of lists come
 *  without headers and bodies, and some answers without attempts. */
export function takeDelivery(delivery) {
  const known = state.deliveries.get(delivery.deliveryId);
  const merged = {...known, ...delivery};
  if (known?.attempts) {
    const before = new Map(known.attempts.map((each) => [attemptKey(each), each]));
    merged.attempts = delivery.attempts?.map((each) => ({...before.get(attemptKey(each)), ...each})) ?? known.attempts;
  }
  if (!('nextAttemptAt' in delivery)) delete merged.nextAttemptAt;
  merged.version = (known?.version ?? 0) + 1;
  state.deliveries.set(delivery.deliveryId, merged);
  return merged;
}

export async function loadDeliveries(query) {
  const list = await get('/webhook-deliveries', {include: 'attempts', perPage: PAGE, ...query});
  for (const each of list.documents) takeDelivery(each);
  changed('deliveries');
  return {ids: list.documents.map((each) => each.deliveryId), count: list.count};
}

export async function loadDelivery(id) {
  const delivery = takeDelivery(await get(`/webhook-deliveries/${segment(id)}`));
  changed('deliveries');
  return delivery;
}

function takeAttempt(data) {
  const known = state.deliveries.get(data.deliveryId);
  if (!known) return;
  const {deliveryId, clientId, eventType, status, nextAttemptAt, ...attempt} = data;
  const attempts = known.attempts ?? [];
  const isKnown = attempts.some((each) => attemptKey(each) === attemptKey(attempt));
  const next = {...known, status, version: known.version + 1, attempts: isKnown ? attempts : [...attempts, attempt], fresh: performance.now()};
  if (nextAttemptAt) next.nextAttemptAt = nextAttemptAt;
  else delete next.nextAttemptAt;
  if (!isKnown && attempt.kind === 'scheduled') next.attemptCount = known.attemptCount + 1;
  state.deliveries.set(deliveryId, next);
  changed('deliveries');
}

// ---- reading what is there

async function loadHeld() {
  const list = await get('/chaos/held', {perPage: 1000});
  state.held = new Map(list.documents.map((each) => [each.deliveryId, each]));
  changed('held', 'deliveries');
}

export async function loadRules() {
  state.rules = (await get('/chaos/rules', {perPage: 1000, clientId: state.client})).documents;
  changed('rules');
}

export async function loadPartners() {
  const list = await get('/partners', {perPage: 1000});
  state.partners = new Map(list.documents.map((each) => [each.clientId, each]));
  changed('partners');
}

async function loadStatus() {
  const status = await get('/status', {clientId: state.client});
  const restarted = state.status && state.status.startedAt !== status.startedAt;
  state.status = status;
  takeClocks(status.clocks, !state.client);
  state.counts = {
    review: status.spvRequests['pending-review'],
    dead: status.deliveries.dead,
    held: status.held ?? 0,
    errors: status.requestErrors ?? 0,
    warnings: status.warnings ?? 0,
    requests: status.requests,
    deliveries: Object.values(status.deliveries).reduce((sum, each) => sum + each, 0),
  };
  changed('status');
  if (restarted) {
    state.restarts += 1;
    state.deliveries.clear();
    changed('restart', 'deliveries', 'requests', 'resources');
  }
  return restarted;
}

let refreshTimer = 0;
let refreshing = null;
const wanted = new Set();

async function refresh() {
  refreshTimer = 0;
  if (refreshing) {
    await refreshing;
    return soon();
  }
  const now = new Set(wanted);
  wanted.clear();
  const work = [loadStatus()];
  if (now.has('held') || state.held.size > 0) work.push(loadHeld());
  // Hits change with every attempt and call that a rule meets.
  if (now.has('rules') || state.rules.length > 0) work.push(loadRules());
  if (now.has('partners')) work.push(loadPartners());
  refreshing = Promise.allSettled(work);
  await refreshing;
  refreshing = null;
  // Lists are read by the views that show them.
  changed('stale', ...[...now].filter((topic) => topic === 'resources'));
}

/** Reads again, once for a burst of events, what they do not carry. */
export function soon(...topics) {
  for (const topic of topics) wanted.add(topic);
  refreshTimer ||= setTimeout(refresh, REFRESH_PAUSE);
}

/** After the page itself did something: what it did is to be seen at once. */
export async function refreshNow(...topics) {
  for (const topic of topics) wanted.add(topic);
  clearTimeout(refreshTimer);
  await refresh();
}

async function loadAll() {
  const loaded = await Promise.allSettled([loadStatus(), loadPartners(), loadHeld(), loadRules()]);
  changed('stale', 'resources');
  return loaded.every((each) => each.status === 'fulfilled');
}

// ---- live

const requestListeners = new Set();
/** `handler(entry)` for each call of the partner API as it is answered; answers how to stop it. */
export function onRequest(handler) {
  requestListeners.add(handler);
  return () => requestListeners.delete(handler);
}

const EVENTS = {
  attempt(data) {
    takeAttempt(data);
    soon();
  },
  request(data) {
    for (const handler of requestListeners) handler(data);
    soon('resources');
  },
  chaos: () => soon('held', 'rules'),
  chaosRule: () => soon('rules', 'held'),
  chaosRulesRemoved: () => soon('rules', 'held'),
  clock(data) {
    takeClocks(data.lanes ?? [], false);
    soon();
  },
  paused: () => soon(),
  resumed: () => soon(),
  partner: () => soon('partners'),
  review: () => soon('resources'),
  completion: () => soon('resources'),
  reset: () => startOver(),
  snapshot: () => startOver(),
  gap: () => startOver(),
};

function startOver() {
  state.deliveries.clear();
  changed('deliveries', 'requests', 'resources', 'restart');
  soon('held', 'rules', 'partners', 'resources');
}

function setConnection(connection) {
  if (state.connection === connection) return;
  // A first look at a silent sandbox is no loss yet, and a renewed attempt no change.
  if (connection === 'connecting' && state.connection !== 'login') return;
  state.connection = connection;
  if (connection === 'live') {
    state.wasLive = true;
    loadAll();
  }
  changed('connection');
}

let stream = null;

export function start() {
  onUnauthorized(() => setConnection('login'));
  stream = new Stream({
    onEvent: (name, data) => EVENTS[name]?.(data),
    onState: (connection) => {
      if (connection === 'live' && state.connection === 'live') loadAll();
      setConnection(connection);
    },
  });
  stream.start();
  setInterval(() => {
    if (state.connection === 'live' && !document.hidden) soon();
  }, REFRESH_EVERY);
}

/** After a login, or when somebody asks to try again. */
export function reconnect() {
  state.connection = 'connecting';
  changed('connection');
  stream.rest();
  stream.start();
}

export function chooseClient(client) {
  if (state.client === client) return;
  state.client = client;
  changed('client', 'deliveries');
  if (state.connection === 'live') soon('rules');
}
