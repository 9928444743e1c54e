import type {WebhookEvent, PartnerApi, ControlPlane} from './schemas.js';
export type * from './schemas.js';

/** Durations as in "500ms", "30s", "5m", "12h", "PT12H". */
export type Duration = string;
/** Instants as in "2026-01-01T00:00:00.000Z". */
export type Instant = string;
export type Json = any;

export interface StartOptions {
  /** The program; else ZEST_SANDBOX_BINARY, else that of the package for this platform. */
  binary?: string;
  /** Further options of `serve`, word for word. */
  args?: string[];
  /** Variables for the program, beside those of this process. */
  env?: Record<string, string>;
  /** Each line of its log. */
  onLog?: (line: string) => void;

  port?: number;
  host?: string;
  clock?: 'real' | 'manual';
  timeScale?: number;
  startTime?: Instant;
  /** Keeps all state in this file; else temporary. */
  db?: string;
  /** A snapshot to begin with. */
  import?: string;
  fixtures?: string;
  seed?: number;
  webhookUrl?: string;
  webhookSecret?: string;
  autoApprove?: Duration;
  autoComplete?: Duration;
  deliveryTimeout?: Duration;
  publicUrl?: string;
  adminToken?: string;
  allowHost?: string | string[];
  caFile?: string;
  insecureWebhookTls?: boolean;
  requireHttps?: boolean;
  logLevel?: 'debug' | 'info' | 'warning' | 'error' | 'off';
  logFormat?: 'text' | 'json';
}

export interface ConnectOptions {
  /** Else ZEST_SANDBOX_URL. */
  url?: string;
  /** Else ZEST_SANDBOX_ADMIN_TOKEN. */
  adminToken?: string;
  clientId?: string;
  webhookSecret?: string;
}

export interface ClockChange {
  mode?: 'real' | 'manual';
  scale?: number;
  time?: Instant;
}

export interface PartnerOptions {
  name?: string;
  clientId?: string;
  tenantSlug?: string;
  webhookUrl?: string;
  webhookSecret?: string;
  /** base64 of the raw key, PEM or JWK; else a pair is made. */
  publicKey?: unknown;
  provisioned?: boolean;
  autoApprove?: Duration;
  autoComplete?: Duration;
  deliveryTimeout?: Duration;
  /** The clock of this partner; else as the sandbox was started. */
  clock?: 'real' | 'manual' | ClockChange;
}

export type AdvanceTarget = Duration | {by: Duration} | {to: 'next' | Instant} | {until: 'idle'};

export interface Attempt {
  number: number;
  kind: 'scheduled' | 'copy' | 'tampered' | 'replay';
  virtualTime: Instant;
  wallTime: Instant;
  /** Virtual seconds since the event. */
  offsetSeconds: number;
  latencyMs?: number;
  outcome?: string;
  failure?: string;
  responseStatus?: number;
  responseBody?: string;
  chaosRule?: string;
  [more: string]: Json;
}

export interface Delivery {
  deliveryId: string;
  eventId: string;
  eventType: WebhookEvent['eventType'];
  clientId: string;
  subject: string;
  status: 'pending' | 'in_flight' | 'retrying' | 'delivered' | 'dead';
  attemptCount: number;
  nextAttemptAt?: Instant;
  createdAt: Instant;
  [more: string]: Json;
}

export interface DeliveryDetail extends Delivery {
  envelope: WebhookEvent;
  attempts: Attempt[];
}

export interface DeliveryFilter {
  status?: Delivery['status'];
  eventType?: WebhookEvent['eventType'];
  subject?: string;
  clientId?: string;
  page?: number;
  perPage?: number;
}

export interface ChaosRule {
  on: 'webhook' | 'api';
  match?: Record<string, Json>;
  action: {type: string; [member: string]: Json};
  id?: string;
  clientId?: string;
  ttl?: Duration;
  enabled?: boolean;
}

export interface JournalEntry {
  method: string;
  path: string;
  status: number;
  clientId?: string;
  errorId?: string;
  [more: string]: Json;
}

export interface RequestMatch {
  operation?: string;
  method?: string;
  path?: string;
  status?: number;
  idempotencyKey?: string;
  [member: string]: Json;
}

export interface Coverage {
  covered: number;
  total: number;
  /** Rounded down. */
  percent: number;
  dimensions: {
    id: string;
    title: string;
    covered: number;
    total: number;
    percent: number;
    items: {id: string; name: string; count: number; command?: string}[];
  }[];
  [more: string]: Json;
}

/** Calls that mean one partner, or all of them. */
export interface Scope {
  /** What Zest's staff does: the request becomes an SPV, and its event goes out. */
  approve(spvRequestSlug: string): Promise<Json>;
  reject(spvRequestSlug: string, reason: string): Promise<Json>;
  complete(subscriptionSlug: string, options?: {skipSynchronousEmit?: boolean; force?: boolean}): Promise<Json>;
  clock(): Promise<Json>;
  setClock(change: 'real' | 'manual' | ClockChange): Promise<Json>;
  /** Moves virtual time and does all that becomes due; by default until nothing is scheduled. Returns when it is settled. */
  advance(target?: AdvanceTarget): Promise<{attempts: Attempt[]; attemptCount: number; [more: string]: Json}>;
  wait(condition: {until: 'idle' | 'event' | 'delivery'; outcome?: string; timeout?: Duration; [member: string]: Json}): Promise<Json>;
  /** Until nothing that is due is left undelivered. */
  waitIdle(options?: {timeout?: Duration}): Promise<Json>;
  /** The newest first, at most 100 unless `perPage` says otherwise. */
  deliveries(filter?: DeliveryFilter): Promise<Delivery[]>;
  /** With its envelope and every attempt. */
  delivery(deliveryId: string): Promise<DeliveryDetail>;
  /** Offers it again on a fresh schedule. */
  retry(deliveryId: string): Promise<Json>;
  pauseWebhooks(): Promise<Json>;
  resumeWebhooks(): Promise<Json>;
  /** Sets a rule of faults. */
  chaos(rule: ChaosRule): Promise<ChaosRule & {id: string; hits: number}>;
  chaosRules(): Promise<(ChaosRule & {id: string; hits: number})[]>;
  /** One rule, or all. */
  removeChaos(ruleId?: string): Promise<Json>;
  /** The journal of calls of the Partner API, newest first. */
  requests(filter?: RequestMatch): Promise<JournalEntry[]>;
  /** Asserts how often a call was made; rejects with an AssertionError that has the nearest misses. */
  verify(match: RequestMatch, times?: number | {atLeast?: number; atMost?: number}): Promise<Json>;
  /** What the tests have met of the API, and for each item that is missing a command that provokes it. */
  coverage(): Promise<Coverage>;
  /** Why a call was refused, a webhook was sent, a resource waits: by errorId, delivery, slug, person, Idempotency-Key; else the
      newest thing that went wrong. */
  explain(id?: string): Promise<{kind: string; id: string; summary: string; [more: string]: Json}>;
  /** Back to the beginning, without a restart. */
  reset(options?: {partners?: boolean; tokens?: boolean; rewind?: boolean; keepCoverage?: boolean}): Promise<Json>;
  /** Any call of the control plane. */
  control(method: string, path: string, body?: Json): Promise<Json>;
}

export interface CallOptions {
  idempotencyKey?: string;
  headers?: Record<string, string>;
}

export interface Partner extends Scope {
  readonly clientId: string;
  readonly webhookSecret: string;
  readonly privateKeyPem?: string;
  /** An access token. */
  token(): Promise<string>;
  /** A signed assertion, to ask for tokens with. */
  assertion(claims?: {audience?: string; issuer?: string; lifetime?: number; [claim: string]: Json}): string;
  /** The Zest-Signature header of a webhook to this partner. */
  sign(rawBody: string | Uint8Array, at?: Date): string;
  verifyWebhook(headers: WebhookHeaders, rawBody: string | Uint8Array, options?: VerifyOptions): WebhookEvent;
  /** A call of the Partner API as this partner. */
  call(method: string, path: string, body?: Json, options?: CallOptions): Promise<Json>;
  /** A body that fits POST /v1/spv-requests. */
  sample(template?: string, version?: string): Promise<PartnerApi.SpvRequestCreate>;
  change(members: Omit<PartnerOptions, 'clock' | 'clientId'>): Promise<Json>;
  remove(): Promise<Json>;
}

export interface Sandbox extends Scope, AsyncDisposable {
  readonly url: string;
  /** The partner that exists without any configuration, and its secret. */
  readonly clientId: string;
  readonly webhookSecret: string;
  readonly adminToken?: string;
  partner(options?: PartnerOptions): Promise<Partner>;
  seeded(): Partner;
  snapshot(): Promise<Json>;
  restore(snapshot: Json, options?: {rewind?: boolean}): Promise<Json>;
  status(): Promise<Json>;
  request(method: string, path: string, body?: Json, bearer?: string, headers?: Record<string, string>): Promise<Json>;
  stop(): Promise<void>;
}

/** The headers of a request, or the value of its Zest-Signature alone. */
export type WebhookHeaders = Headers | Record<string, string | string[] | undefined> | string;
export interface VerifyOptions {
  now?: Date;
  /** Seconds that the signature may be old or ahead; 300 as documented. */
  tolerance?: number;
}

export function startSandbox(options?: StartOptions): Promise<Sandbox>;
export function connectSandbox(options?: ConnectOptions): Promise<Sandbox>;
export function verifyWebhook(headers: WebhookHeaders, rawBody: string | Uint8Array, secret: string, options?: VerifyOptions): WebhookEvent;
export function signWebhook(rawBody: string | Uint8Array, secret: string, at?: Date): string;

export class SandboxError extends Error {
  readonly status: number;
  readonly code?: string;
  readonly errorId?: string;
  readonly body?: Json;
}
export class WebhookVerificationError extends Error {}
