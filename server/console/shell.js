// What is around every view: name, partner, clock and what needs somebody, always in sight; the navigation; the place of
// the view; what is said when the connection is lost or a token is needed.
import {h, fill, setText} from './dom.js';
import {icon, logo} from './icons.js';
import {control} from './api.js';
import {clockOf, reconnect, state, subscribe, virtualNow} from './store.js';
import {hashOf, link, refine, route} from './router.js';
import {dateTime, timeOfDay} from './text.js';
import {badge, field} from './parts/controls.js';
import {advanceButtons} from './parts/advance.js';
import {mountToasts, toast} from './parts/toast.js';
import {themeButton} from './parts/theme.js';
import {showKeys} from './keys.js';

export const VIEWS = [
  {name: 'timeline', text: 'Timeline', icon: 'timeline', key: 't'},
  {name: 'deliveries', text: 'Deliveries', icon: 'deliveries', key: 'd', count: () => state.counts.dead, kind: 'bad', what: 'dead'},
  {name: 'requests', text: 'Requests', icon: 'requests', key: 'r', count: () => state.counts.errors, kind: 'bad', what: 'answered with an error'},
  {name: 'review', text: 'To review', icon: 'review', key: 'v', count: () => state.counts.review, kind: 'wait', what: 'waiting'},
  {name: 'resources', text: 'Resources', icon: 'resources', key: 'e'},
  {name: 'clock', text: 'Clock', icon: 'clock', key: 'c'},
  {name: 'chaos', text: 'Chaos', icon: 'chaos', key: 'x', count: () => state.rules.filter((rule) => rule.enabled).length, kind: 'chaos', what: 'active'},
  {name: 'warnings', text: 'Warnings', icon: 'warn', key: 'w', count: () => state.counts.warnings, kind: 'wait', what: 'to look at'},
  {name: 'coverage', text: 'Coverage', icon: 'check', key: 'o'},
  {name: 'partners', text: 'Partners', icon: 'partners', key: 'p'},
  {name: 'compose', text: 'Compose', icon: 'compose', key: 'n'},
];

function navigation() {
  const counters = [];
  const items = VIEWS.map((view) => {
    const counter = h('span', {class: `badge ${view.kind ?? ''}`, hidden: true});
    if (view.count) counters.push({view, counter});
    return h('li', {}, h('a', {class: 'nav-item', data: {view: view.name}}, icon(view.icon), h('span', {class: 'grow'}, view.text), counter));
  });
  const update = () => {
    for (const {view, counter} of counters) {
      const number = view.count();
      counter.hidden = number === 0;
      setText(counter, String(number));
      counter.setAttribute('aria-label', `${number} ${view.what}`);
    }
  };
  subscribe(['status', 'rules'], update);
  const element = h('nav', {class: 'nav', 'aria-label': 'Views'}, h('ul', {class: 'plain'}, items),
    h('ul', {class: 'plain nav-end'},
      h('li', {}, h('a', {class: 'nav-item', href: '/docs', target: '_blank', rel: 'noopener'}, icon('docs'), h('span', {class: 'grow'}, 'API reference'))),
      h('li', {}, h('button', {type: 'button', class: 'nav-item', onclick: showKeys}, icon('keys'), h('span', {class: 'grow'}, 'Keys'), h('kbd', {}, '?')))));
  const mark = (name) => {
    for (const item of element.querySelectorAll('a[data-view]')) {
      item.setAttribute('href', hashOf([item.dataset.view], {client: state.client}));
      if (item.dataset.view === name) {
        item.setAttribute('aria-current', 'page');
        item.scrollIntoView({block: 'nearest', inline: 'nearest'});
      } else {
        item.removeAttribute('aria-current');
      }
    }
  };
  return {element, mark};
}

function partnerChoice() {
  const select = h('select', {'aria-label': 'Partner', title: 'Partner', onchange: () => refine({client: select.value}, {})});
  const update = () => {
    const names = [...state.partners.keys()];
    if (state.client && !names.includes(state.client)) names.push(state.client);
    fill(select, h('option', {value: ''}, 'All partners'), names.map((name) => h('option', {value: name}, name)));
    select.value = state.client;
  };
  subscribe(['partners', 'client'], update);
  update();
  return select;
}

function clockFace() {
  const day = h('span', {class: 'soft clock-day'});
  const time = h('strong', {class: 'times'});
  const mode = badge('');
  const tick = () => {
    const clock = clockOf();
    if (!clock) return;
    const now = virtualNow();
    setText(day, dateTime(now).slice(0, 10));
    setText(time, timeOfDay(now));
    const several = !state.client && state.clocks.size > 1;
    setText(mode, several ? `${state.clocks.size} clocks` : clock.mode === 'scaled' ? `×${clock.scale}` : clock.mode);
    mode.title = several ? 'Each partner has a clock of its own; this is the first one’s.' : {manual: 'Virtual time stands still until it is advanced.',
      real: 'Virtual time passes as real time does.', scaled: `Virtual time runs ${clock.scale} times faster.`}[clock.mode];
  };
  subscribe(['clocks', 'client'], tick);
  setInterval(tick, 250);
  const face = h('a', {class: 'clock-face', title: 'Virtual time (UTC)'}, icon('clock'), h('span', {class: 'unseen'}, 'Virtual time '), day, time, mode);
  subscribe(['client'], () => { face.setAttribute('href', link('/clock')); });
  face.setAttribute('href', link('/clock'));
  const advance = h('details', {class: 'menu advance'}, h('summary', {class: 'button small'}, 'Advance', icon('down')),
    h('div', {class: 'menu-items'}, advanceButtons('')));
  advance.addEventListener('click', (event) => {
    if (event.target.closest('.menu-items button')) advance.open = false;
  });
  return h('div', {class: 'clock'}, face, h('div', {class: 'steps', role: 'group', 'aria-label': 'Advance virtual time'}, advanceButtons()), advance);
}

/** Pills for what needs somebody. */
function attention() {
  const element = h('div', {class: 'attention'});
  const update = () => {
    const {review, dead, held} = state.counts;
    fill(element,
      review > 0 && h('a', {class: 'badge wait', href: link('/review')}, `${review} to review`),
      dead > 0 && h('a', {class: 'badge bad', href: link('/deliveries', {status: 'dead'})}, `${dead} dead`),
      held > 0 && h('a', {class: 'badge chaos', href: link('/chaos')}, `${held} held`));
  };
  subscribe(['status', 'client'], update);
  return element;
}

function connectionSign() {
  const element = h('span', {class: 'connection'});
  const update = () => {
    const word = {live: 'live', connecting: 'connecting', lost: 'lost', login: 'locked'}[state.connection];
    element.dataset.state = state.connection;
    fill(element, h('span', {class: 'dot', 'aria-hidden': 'true'}), h('span', {class: 'word'}, word));
    element.title = {live: 'Events arrive as they happen.', connecting: 'Connecting to the sandbox …',
      lost: 'The sandbox does not answer; it is tried again by itself.', login: 'The admin token is needed.'}[state.connection];
  };
  subscribe(['connection'], update);
  update();
  return element;
}

function lostBar() {
  const bar = h('div', {class: 'bar', role: 'alert', hidden: true}, icon('warn'),
    h('span', {class: 'grow'}, 'The sandbox does not answer. What you see is what was known last; the page comes back by itself.'),
    h('button', {type: 'button', class: 'small', onclick: reconnect}, 'Try now'));
  subscribe(['connection'], () => { bar.hidden = state.connection !== 'lost'; });
  return bar;
}

/** Asks for the admin token once; the sandbox keeps it as a cookie that scripts cannot read. */
function loginCard() {
  const token = h('input', {type: 'password', autocomplete: 'current-password', required: true, name: 'token'});
  const problem = h('p', {class: 'bad', role: 'alert'});
  return h('main', {class: 'login', id: 'main', tabindex: -1}, h('form', {class: 'card stack wide', onsubmit: async (event) => {
    event.preventDefault();
    problem.textContent = '';
    try {
      await control('POST', '/login', {body: {token: token.value}});
      reconnect();
    } catch (error) {
      setText(problem, error.message);
      token.setAttribute('aria-invalid', 'true');
      token.select();
    }
  }}, h('h1', {}, 'This sandbox has an admin token'),
  h('p', {class: 'soft'}, 'It was given with --admin-token, or printed when the sandbox started. It is asked for once; this browser then keeps a cookie.'),
  field('Admin token', token), problem, h('div', {}, h('button', {class: 'primary', type: 'submit'}, 'Log in'))));
}

/** Builds the page; answers {show(element, view name)}. */
export function buildShell(root) {
  const nav = navigation();
  const main = h('main', {class: 'main', id: 'main', tabindex: -1});
  const skip = h('a', {class: 'skip', href: '#main', onclick: (event) => {
    event.preventDefault();
    main.focus();
  }}, 'Skip to the content');
  const header = h('header', {class: 'top'},
    h('a', {class: 'brand', href: '#/timeline', title: 'zest-sandbox'}, logo(), h('span', {}, 'zest-sandbox')),
    partnerChoice(), clockFace(), h('span', {class: 'grow'}), attention(), connectionSign(), themeButton());
  const page = h('div', {class: 'shell'}, skip, header, lostBar(), nav.element, main);
  let login = null;
  const arrange = () => {
    const locked = state.connection === 'login';
    if (locked && !login) {
      login = loginCard();
      fill(root, login);
      login.querySelector('input').focus();
    } else if (!locked && !page.isConnected) {
      login = null;
      fill(root, page);
    }
    mountToasts(document.body);
  };
  subscribe(['connection'], arrange);
  subscribe(['restart'], () => {
    if (state.restarts > 0 && state.restarts !== arrange.told) {
      arrange.told = state.restarts;
      toast('The sandbox was restarted. This is what it knows now.', {kind: 'note'});
    }
  });
  arrange();
  return {
    show(element, name) {
      fill(main, element);
      nav.mark(name);
    },
    mark: () => nav.mark(route().path[0] ?? 'timeline'),
    main,
  };
}
