// The live stream of the control plane (server-sent events), read with fetch: it can resume after any event id, tells a
// refused token from a lost connection, and is given up while the page is hidden, because a browser keeps few
// connections to one host and every open tab wants one.

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 8000;
const SILENCE = 45_000; // the sandbox pings every 15 s

/** Cuts the text of a stream into events: {id, name, data}. Comments (pings) are left out. */
export function parser(onEvent) {
  let rest = '';
  return (chunk) => {
    rest += chunk;
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) {
      const event = {id: '', name: 'message', data: ''};
      for (const line of block.split(/\r?\n/)) {
        const colon = line.indexOf(':');
        if (colon < 1) continue;
        const value = line.slice(colon + 1).replace(/^ /, '');
        const field = line.slice(0, colon);
        if (field === 'id') event.id = value;
        else if (field === 'event') event.name = value;
        else if (field === 'data') event.data += (event.data ? '\n' : '') + value;
      }
      if (event.data !== '') onEvent(event);
    }
  };
}

export class Stream {
  /** `onEvent(name, data)`; `onState('connecting' | 'live' | 'lost' | 'login')`, 'live' before the first event. */
  constructor({onEvent, onState}) {
    this.onEvent = onEvent;
    this.onState = onState;
    this.lastId = '';
    this.pause = FIRST_PAUSE;
    this.running = false;
    this.abort = null;
    document.addEventListener('visibilitychange', () => (document.hidden ? this.rest() : this.start()));
    window.addEventListener('online', () => this.retryNow());
    window.addEventListener('pagehide', () => this.rest());
    window.addEventListener('pageshow', () => this.start());
  }

  start() {
    if (this.running || document.hidden) return;
    this.running = true;
    this.connect();
  }

  rest() {
    this.running = false;
    clearTimeout(this.timer);
    this.abort?.abort();
  }

  retryNow() {
    if (!this.running || this.abort) return;
    clearTimeout(this.timer);
    this.connect();
  }

  async connect() {
    const abort = new AbortController();
    this.abort = abort;
    this.onState('connecting');
    let outcome = 'lost';
    try {
      outcome = await this.read(abort);
    } catch {
      // The connection ended; it is tried again below.
    }
    clearTimeout(this.silence);
    if (this.abort === abort) this.abort = null;
    if (!this.running || this.abort) return;
    this.onState(outcome);
    if (outcome === 'login') {
      this.running = false;
      return;
    }
    this.timer = setTimeout(() => this.connect(), this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }

  async read(abort) {
    const headers = this.lastId ? {'Last-Event-ID': this.lastId} : {};
    const answer = await fetch('/_sandbox/stream', {headers, signal: abort.signal, cache: 'no-store', credentials: 'same-origin'});
    if (answer.status === 401) return 'login';
    if (!answer.ok) return 'lost';
    this.pause = FIRST_PAUSE;
    this.onState('live');
    const take = parser((event) => {
      if (event.id) this.lastId = event.id;
      let data;
      try {
        data = JSON.parse(event.data);
      } catch {
        return;
      }
      this.onEvent(event.name, data);
    });
    const decoder = new TextDecoder();
    const reader = answer.body.getReader();
    for (;;) {
      clearTimeout(this.silence);
      this.silence = setTimeout(() => abort.abort(), SILENCE);
      const {done, value} = await reader.read();
      if (done) return 'lost';
      take(decoder.decode(value, {stream: true}));
    }
  }
}
