// The journal of calls of the partner API, newest first and live; one call in full beside it.
import {h} from '../dom.js';
import {get} from '../api.js';
import {filterWords, VALIDATION_CODES} from '../facts.js';
import {onRequest, state} from '../store.js';
import {go, link, refine, route} from '../router.js';
import {count, dateTime, dateTimeExact, parseInstant, timeOfDay} from '../text.js';
import {attemptTo, badge, choice, empty, failure, loading, pairs} from '../parts/controls.js';
import {copyId} from '../parts/copy.js';
import {explanation} from '../parts/explain.js';
import {List, TWO_LINES} from '../parts/list.js';
import {jsonBlock} from '../parts/json.js';
import {keepPlaces, paged} from '../parts/paged.js';
import {split} from '../parts/split.js';
import {lesson} from '../parts/teach.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOST_PAGES = 10; // that a linked call is looked for in

const statusKind = (status) => (status === 0 ? 'bad' : status < 300 ? 'good' : status < 400 ? 'note' : status < 500 ? 'wait' : 'bad');
const statusText = (status) => (status === 0 ? 'cut' : String(status));

/** Badges for what is special about a call. */
function marks(entry) {
  return [entry.idempotencyOutcome === 'replayed' && badge('replayed', 'note'), entry.idempotencyOutcome === 'conflict' && badge('key conflict', 'bad'),
    entry.fault && badge('injected', 'chaos'), ...(entry.warnings ?? []).slice(0, 1).map(() => badge('warning', 'wait'))];
}

function violations(rows) {
  return h('div', {class: 'scroll-x'}, h('table', {}, h('thead', {}, h('tr', {}, ['Field', 'Code', 'What is wrong', 'Sent'].map((name) => h('th', {scope: 'col'}, name)))),
    h('tbody', {}, rows.map((row) => h('tr', {}, h('td', {class: 'nowrap'}, h('code', {}, row.field ?? row.attribute)), h('td', {class: 'nowrap'}, h('code', {title: VALIDATION_CODES[row.code] ?? ''}, row.code)),
      h('td', {}, row.message), h('td', {}, row.value === undefined ? '–' : h('code', {}, String(row.value))))))));
}

function requestDetail(entry) {
  const place = h('div');
  if (entry.errorId) explanation(entry.errorId, place);
  return h('div', {class: 'stack wide'},
    h('div', {class: 'row'}, h('h2', {tabindex: -1}, `${entry.method || '(unreadable)'} `, h('span', {class: 'id'}, entry.path.split('?')[0])), badge(statusText(entry.status), statusKind(entry.status)), marks(entry)),
    entry.errorId && h('div', {class: 'callout bad'}, h('div', {class: 'stack'},
      h('p', {}, h('strong', {}, entry.errorCode), entry.errorDetail && `: ${entry.errorDetail}`),
      h('p', {class: 'small'}, 'errorId ', copyId(entry.errorId, {whole: true})))),
    place,
    entry.status === 0 && h('div', {class: 'callout chaos'}, h('p', {}, 'The connection was cut: the caller got no answer. A retry with the same Idempotency-Key is safe.')),
    entry.fault && h('div', {class: 'callout chaos'}, h('p', {}, 'This answer was injected: ', /^chr_|^[\w.-]+$/.test(entry.fault) && !entry.fault.includes('=') ? h('a', {href: link(`/chaos/${encodeURIComponent(entry.fault)}`)}, entry.fault) : h('code', {}, entry.fault), '.')),
    entry.validationErrors?.length > 0 && h('section', {class: 'stack'}, h('h3', {class: 'section'}, count(entry.validationErrors.length, 'broken rule')), violations(entry.validationErrors)),
    (entry.warnings ?? []).map((warning) => h('div', {class: 'callout wait'}, h('p', {}, warning.sentence ?? warning.detail ?? String(warning)))),
    entry.headers && h('section', {class: 'stack'}, h('h3', {class: 'section'}, 'Headers'), jsonBlock(entry.headers, 'Headers of the request')),
    entry.body !== undefined && h('section', {class: 'stack'}, h('h3', {class: 'section'}, 'Body'), jsonBlock(entry.body, 'Body of the request')),
    pairs([['Operation', entry.operation && h('a', {href: `/docs#${encodeURIComponent(entry.operation)}`, target: '_blank', rel: 'noopener'}, entry.operation)],
      ['Query', entry.path.includes('?') && h('code', {}, entry.path.slice(entry.path.indexOf('?') + 1))],
      ['Partner', entry.clientId && h('a', {href: link(`/partners/${encodeURIComponent(entry.clientId)}`)}, entry.clientId)],
      ['Idempotency-Key', entry.idempotencyKey && h('code', {}, entry.idempotencyKey)],
      ['Idempotency', entry.idempotencyOutcome && {executed: 'executed: the first call with this key', replayed: 'replayed: the first answer again, nothing happened twice', conflict: 'conflict: the key was used for another body'}[entry.idempotencyOutcome]],
      ['Request ids', entry.requestIds && Object.entries(entry.requestIds).map(([name, value]) => h('div', {}, h('code', {}, `${name}: ${value}`)))],
      ['Token (jti)', entry.jti && h('code', {}, entry.jti)],
      ['Content type', entry.contentType && h('code', {}, entry.contentType)],
      ['Body', entry.bodySize !== undefined && [`${entry.bodySize} bytes`, entry.bodyOmitted && `: ${entry.bodyOmitted}`]],
      ['Virtual time', entry.virtualTime && h('span', {class: 'times'}, dateTimeExact(parseInstant(entry.virtualTime)))],
      ['Wall time', h('span', {class: 'times'}, dateTimeExact(parseInstant(entry.wallTime)))],
      ['Took', `${entry.durationMs} ms`],
      ['Number', `call ${entry.sequence} of this journal`]]));
}

export function requestsView(context) {
  const entries = new Map();
  const query = () => ({find: route().query.find, method: route().query.method, failed: route().query.failed});
  const filter = () => {
    const {find, method, failed} = query();
    const asked = {clientId: state.client, method, failed};
    if (find?.startsWith('/')) asked.path = `${find.replace(/\*$/, '')}*`;
    else if (find) asked.idempotencyKey = find;
    return asked;
  };
  const fits = (entry) => {
    const {path, method, failed, clientId, idempotencyKey} = filter();
    return (!clientId || entry.clientId === clientId) && (!method || entry.method === method) && (!path || entry.path.startsWith(path.slice(0, -1)))
      && (!failed || (entry.status === 0 || entry.status >= 400)) && (!idempotencyKey || entry.idempotencyKey === idempotencyKey);
  };
  const take = (entry) => {
    const key = String(entry.sequence);
    entries.set(key, entry);
    return key;
  };
  const selected = () => route().path[1] ?? '';
  const isSelected = (entry) => selected() === String(entry.sequence) || (entry.errorId && selected() === entry.errorId);

  const list = new List({
    label: 'Requests',
    key: (entry) => String(entry.sequence),
    version: (entry) => `${isSelected(entry)}/${fits(entry)}`,
    height: () => (place.clientWidth > TWO_LINES ? 36 : 58),
    onEnd: () => pages.more(),
    row: (entry) => ({
      href: link(`/requests/${entry.errorId || entry.sequence}`, query()),
      current: isSelected(entry),
      class: `request-row ${fits(entry) ? '' : 'stale'}`,
      content: [h('span', {class: 'cell-status'}, badge(statusText(entry.status), statusKind(entry.status))), h('span', {class: 'cell-method mono'}, entry.method),
        h('span', {class: 'cell-main mono clip'}, entry.path), h('span', {class: 'cell-marks row tight'}, marks(entry), entry.errorCode && h('span', {class: 'soft small clip'}, entry.errorCode)),
        !state.client && state.partners.size > 1 && h('span', {class: 'cell-client soft clip'}, entry.clientId ?? ''),
        h('span', {class: 'cell-took times soft'}, `${entry.durationMs} ms`), h('span', {class: 'cell-time times soft', title: dateTime(parseInstant(entry.wallTime))}, timeOfDay(parseInstant(entry.wallTime)))],
    }),
  });
  context.onLeave(() => list.end());

  const pages = paged({
    async load(page) {
      const found = await get('/requests', {...filter(), ...page});
      return {ids: found.documents.map(take), count: found.count};
    },
    filter: () => JSON.stringify(filter()),
    onChange: draw,
  });

  const close = () => {
    const id = selected();
    go(['requests'], route().query);
    list.focusKey([...entries.values()].map((entry) => String(entry.sequence)).find((key) => key === id || entries.get(key).errorId === id));
  };
  const search = h('input', {type: 'search', 'data-search': '', placeholder: 'Path, errorId or key', 'aria-label': 'Only calls of this path or key; an errorId opens its call',
    oninput: (event) => refine({find: event.target.value.trim()}),
    onkeydown: (event) => {
      if (event.key === 'Enter' && UUID.test(event.target.value.trim())) openByErrorId(event.target.value.trim());
    }});
  const method = choice([['', 'Any method'], 'GET', 'POST', 'DELETE'], '', (value) => refine({method: value}), {'aria-label': 'Method'});
  const failed = choice([['', 'All answers'], ['true', 'Errors only']], '', (value) => refine({failed: value}), {'aria-label': 'Answers'});
  const total = h('span', {class: 'soft small'});
  const toolbar = h('div', {class: 'toolbar'}, h('h1', {class: 'unseen'}, 'Requests'), search, method, failed, h('span', {class: 'grow'}), total);
  const place = h('div', {class: 'list-place'});
  const panes = split([toolbar, place], {onClose: close, label: 'Request'});

  async function openByErrorId(errorId) {
    const found = await attemptTo(() => get('/requests', {errorId, perPage: 1}));
    if (found?.documents.length > 0) {
      take(found.documents[0]);
      refine({find: ''});
      go(['requests', errorId], {client: state.client});
    }
  }

  function draw() {
    const items = pages.ids.map((id) => entries.get(id)).filter(Boolean);
    total.textContent = pages.isLoaded ? count(pages.count, 'call') : '';
    if (pages.problem && items.length === 0) place.replaceChildren(failure(pages.problem, () => pages.reload()));
    else if (!pages.isLoaded) place.replaceChildren(loading('the journal'));
    else if (items.length === 0) place.replaceChildren(nothing());
    else if (list.element.parentNode !== place) place.replaceChildren(list.element);
    list.set(items, pages.isComplete ? h('span', {class: 'soft small'}, 'That is all the journal remembers.') : h('span', {class: 'soft small'}, 'Older ones are read as you scroll …'));
  }

  function nothing() {
    const words = filterWords({...query(), failed: query().failed && 'errors only'});
    if (words) return empty('No call fits', h('p', {}, `Narrowed to ${words}.`), h('button', {type: 'button', onclick: () => refine({find: '', method: '', failed: ''})}, 'Clear the filter'));
    return lesson('Nobody has called the API yet', 'Each call of the partner API stands here with its answer as it comes, errors with every rule that was broken. Paste these lines into a shell:', '/requests');
  }

  async function lookUp(id) {
    const known = [...entries.values()].find((entry) => String(entry.sequence) === id || entry.errorId === id);
    if (known) return known;
    if (UUID.test(id)) return (await get('/requests', {errorId: id, perPage: 1})).documents[0];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const found = await get('/requests', {page, perPage: 1000});
      const entry = found.documents.find((each) => String(each.sequence) === id);
      if (entry || found.documents.length < 1000) return entry;
    }
    return undefined;
  }

  let shown = null;
  async function showDetail(id) {
    shown = id;
    const entry = await attemptTo(() => lookUp(id), (error) => panes.open(failure(error, () => showDetail(id))));
    if (shown !== id) return;
    if (entry) {
      take(entry);
      panes.open(requestDetail(entry));
    } else {
      panes.open(empty('The journal does not have this call', h('p', {}, 'It was made before the sandbox was started or reset, or so many calls ago that it was forgotten (--max-journal).')));
    }
    list.redraw();
    draw();
  }

  context.onLeave(onRequest((entry) => {
    const key = take(entry);
    if (!pages.isLoaded || !fits(entry) || pages.ids.includes(key)) return;
    pages.ids = [key, ...pages.ids];
    pages.count += 1;
    later();
  }));
  const later = keepPlaces(draw, context);
  context.on(['restart', 'requests'], () => {
    entries.clear();
    pages.reload();
  });
  context.on(['connection'], () => { if (state.connection === 'live') pages.refresh(); });

  return {
    title: 'Requests',
    element: h('div', {class: 'view'}, panes.element),
    back: () => (panes.isOpen ? close() : undefined),
    update(now) {
      if (search !== document.activeElement) search.value = query().find ?? '';
      method.value = query().method ?? '';
      failed.value = query().failed ?? '';
      pages.follow();
      const id = now.path[1];
      if (id && (shown !== id || !panes.isOpen)) showDetail(id);
      if (!id && panes.isOpen) {
        shown = null;
        panes.close();
      }
      list.redraw();
      draw();
    },
  };
}
