// The address after '#' holds everything that one looks at: view, selection, filters, partner.
//   #/deliveries/wde_1?status=dead&client=client_acme

/** {path: ['deliveries', 'wde_1'], query: {status: 'dead', client: 'client_acme'}} */
export function parseHash(hash) {
  const text = String(hash).replace(/^#\/?/, '');
  const mark = text.indexOf('?');
  const path = (mark < 0 ? text : text.slice(0, mark)).split('/').filter((part) => part !== '').map(decode);
  const query = {};
  for (const [name, value] of new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1))) {
    if (value !== '') query[name] = value;
  }
  return {path, query};
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a route; members of the query without a value are left out. */
export function hashOf(path, query = {}) {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '' && value !== false) fields.set(name, String(value));
  }
  const text = fields.toString();
  return `#/${path.map((part) => encodeURIComponent(part)).join('/')}${text ? `?${text}` : ''}`;
}

let current = parseHash(location.hash);
export const route = () => current;

/** Goes there; `replace` leaves no entry in the history (typing into a filter). */
export function go(path, query = {}, {replace = false} = {}) {
  const hash = hashOf(path, query);
  if (hash === location.hash) return;
  if (replace) {
    history.replaceState(null, '', hash);
    window.dispatchEvent(new HashChangeEvent('hashchange'));
  } else {
    location.hash = hash;
  }
}

/** The same view with some members of the query set, or taken away by ''. */
export function refine(changes, options = {replace: true}) {
  go(current.path, {...current.query, ...changes}, options);
}

/** An address below a path such as '/resources/investors/psn_1' that keeps the chosen partner. */
export function link(path, query = {}) {
  const parts = path.split('/').filter((part) => part !== '').map(decode);
  return hashOf(parts, {client: current.query.client, ...query});
}

export function onRoute(handler) {
  window.addEventListener('hashchange', () => {
    current = parseHash(location.hash);
    handler(current);
  });
}
