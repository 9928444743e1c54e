// Puts the page together and shows the view that the address names.
import {buildShell, VIEWS} from './shell.js';
import {applyTheme} from './parts/theme.js';
import {bind, list, showKeys, startKeys} from './keys.js';
import {go, onRoute, route} from './router.js';
import {chooseClient, start, state, subscribe} from './store.js';
import {h} from './dom.js';
import {empty} from './parts/controls.js';
import {goTo} from './parts/search.js';
import {timelineView} from './views/timeline.js';
import {deliveriesView} from './views/deliveries.js';
import {requestsView} from './views/requests.js';
import {reviewView} from './views/review.js';
import {resourcesView} from './views/resources.js';
import {clockView} from './views/clock.js';
import {coverageView} from './views/coverage.js';
import {chaosView} from './views/chaos.js';
import {warningsView} from './views/warnings.js';
import {partnersView} from './views/partners.js';
import {composeView} from './views/compose.js';

const MAKERS = {timeline: timelineView, deliveries: deliveriesView, requests: requestsView, review: reviewView,
  resources: resourcesView, clock: clockView, coverage: coverageView, chaos: chaosView, warnings: warningsView, partners: partnersView, compose: composeView};

applyTheme();
const shell = buildShell(document.getElementById('app'));
let shown = null;

/** What a view is given: subscriptions and cleanups that end with it. */
function makeContext() {
  const ends = [];
  return {
    on: (topics, handler) => ends.push(subscribe(topics, handler)),
    onLeave: (end) => ends.push(end),
    end: () => ends.forEach((end) => end()),
  };
}

function unknownView(name) {
  return {title: 'Not found', element: empty('There is no such page', h('p', {}, `Nothing is called “${name}” here.`), h('a', {href: '#/timeline'}, 'To the timeline'))};
}

function show() {
  const now = route();
  const name = now.path[0] ?? 'timeline';
  chooseClient(now.query.client ?? '');
  if (shown?.name !== name) {
    shown?.context.end();
    const context = makeContext();
    const view = MAKERS[name] ? MAKERS[name](context) : unknownView(name);
    shown = {name, context, view};
    shell.show(view.element, name);
    shell.main.scrollTop = 0;
  }
  shell.mark();
  shown.view.update?.(now);
  const client = state.client ? ` · ${state.client}` : '';
  document.title = `${shown.view.title}${client} · zest-sandbox`;
}

for (const view of VIEWS) bind('Go to', `g ${view.key}`, view.text, () => go([view.name], {client: state.client}));
bind('Everywhere', '?', 'These keys', showKeys);
bind('Everywhere', '/', 'Search: the filter of this list, or anything by its identifier', () => {
  const filter = shell.main.querySelector('[data-search]');
  if (filter && filter.offsetParent !== null) {
    filter.focus();
    filter.select();
  } else {
    goTo();
  }
});
bind('Everywhere', 'Escape', 'Back from a detail to where one came from', () => shown?.view.back?.());
list('Lists', '↑ ↓', 'Move the focus (also j and k)');
list('Lists', 'Enter', 'Open what is focused');
list('Lists', 'Home End', 'First and last');
startKeys();
onRoute(show);
// Views measure themselves, so the page is there before its first view.
requestAnimationFrame(show);
start();
