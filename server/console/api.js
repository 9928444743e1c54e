// Calls of the sandbox. A failure of any kind is an ApiError whose message is a sentence for people.

export class ApiError extends Error {
  constructor(message, {status = 0, code = '', errorId = '', violations = []} = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.errorId = errorId;
    this.violations = violations;
  }
}

const listeners = {unauthorized: () => {}};

/** `handler` is called whenever the control plane asks for the admin token. */
export function onUnauthorized(handler) {
  listeners.unauthorized = handler;
}

function target(path, query) {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') fields.set(name, String(value));
  }
  const text = fields.toString();
  return text ? `${path}?${text}` : path;
}

/** One call as it is: {status, headers, text, json?}. Throws only when there is no answer at all. */
export async function exchange(method, path, {query, body, form, headers = {}, signal} = {}) {
  const options = {method, headers: {...headers}, signal, credentials: 'same-origin', cache: 'no-store'};
  if (body !== undefined) {
    options.headers['Content-Type'] ??= 'application/json';
    options.body = typeof body === 'string' ? body : JSON.stringify(body);
  } else if (form) {
    options.body = form;
  }
  const started = performance.now();
  let answer;
  let text;
  try {
    answer = await fetch(target(path, query), options);
    text = await answer.text();
  } catch (failure) {
    if (failure.name === 'AbortError') throw failure;
    throw new ApiError('The sandbox does not answer. Is it still running?');
  }
  const reply = {status: answer.status, headers: answer.headers, text, took: performance.now() - started};
  try {
    reply.json = text === '' ? undefined : JSON.parse(text);
  } catch {
    // Not JSON; `text` is what came.
  }
  return reply;
}

/** A sentence: an upper-case first letter and a full stop. */
export function sentence(text) {
  const trimmed = String(text).trim();
  if (trimmed === '') return '';
  return trimmed[0].toUpperCase() + trimmed.slice(1) + (/[.!?…]$/.test(trimmed) ? '' : '.');
}

export function errorOf(reply) {
  const json = reply.json ?? {};
  const message = json.detail ? sentence(json.detail) : `The sandbox answered ${reply.status}.`;
  return new ApiError(message, {status: reply.status, code: json.code ?? '', errorId: json.errorId ?? '',
    violations: json.validationErrors ?? []});
}

/** The JSON of a successful answer of the control plane. */
export async function control(method, path, options = {}) {
  const reply = await exchange(method, `/_sandbox${path}`, options);
  if (reply.status >= 200 && reply.status < 300) return reply.json;
  if (reply.status === 401) listeners.unauthorized();
  throw errorOf(reply);
}

export const get = (path, query, options) => control('GET', path, {query, ...options});
export const post = (path, body = {}) => control('POST', path, {body});
export const segment = (text) => encodeURIComponent(text);
