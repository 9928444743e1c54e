// The same over /_sandbox/openapi.json.
import type {components, operations} from './control.js';

type Schemas = components['schemas'];

export const advance: Schemas['ClockAdvance'] = {by: '5m', clientId: 'client_acme'};
export const barrier: Schemas['Wait'] = {until: 'delivery', deliveryId: 'wde_1', timeout: '10s'};
export const rule: Schemas['ChaosRule'] = {on: 'webhook', match: {eventType: 'investor.*'}, action: {type: 'duplicate', copies: 2}};
// @ts-expect-error there is no such action
export const unknown: Schemas['ChaosRule'] = {on: 'webhook', action: {type: 'explode'}};

export function late(report: Schemas['AdvanceReport']): number[] {
  return report.attempts.filter((attempt) => attempt.outcome === 'failed').map((attempt) => attempt.offsetSeconds);
}

export function lines(delivery: Schemas['WholeDelivery']): string[] {
  return delivery.attempts.map((attempt) => `${attempt.number} ${attempt.kind} ${attempt.responseStatus ?? attempt.failure ?? ''} ${attempt.requestHeaders['Zest-Signature'] ?? ''}`);
}

export type Status = operations['getStatus']['responses'][200]['content']['application/json'];
export const dead = (status: Status): number => status.deliveries.dead;
