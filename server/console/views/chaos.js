// Faults on purpose: the rules with their hits, a form that knows every action, and the deliveries that rules hold.
import {h, fill, setText} from '../dom.js';
import {icon} from '../icons.js';
import {control, post, segment} from '../api.js';
import {EVENT_TYPES} from '../facts.js';
import {loadRules, refreshNow, state} from '../store.js';
import {go, link, route} from '../router.js';
import {count, dateTime, parseInstant} from '../text.js';
import {action, attemptTo, badge, check, choice, empty, field} from '../parts/controls.js';
import {chaosTable} from '../parts/chaos_table.js';
import {confirmed} from '../parts/dialog.js';
import {jsonBlock} from '../parts/json.js';
import {toast} from '../parts/toast.js';

const OPERATIONS = 'Operation id, such as createSpvRequest';

/** What a rule does and when, as words: "duplicate (copies 1)", "eventType investor.created, first 1". */
function words(object, without = []) {
  return Object.entries(object ?? {}).filter(([name]) => !without.includes(name)).map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(' or ') : value}`).join(', ');
}

/** A control for one member; `read()` answers its value or undefined. */
function memberControl(member) {
  const {kind, least, most} = member;
  let input;
  if (kind === 'word') {
    input = choice([...(member.required ? [] : [['', member.standard === undefined ? '–' : `${member.standard} (default)`]]), ...member.words.map(String)], member.required ? String(member.words[0]) : '');
  } else if (kind === 'boolean') {
    input = h('input', {type: 'checkbox'});
  } else if (kind === 'integer' || kind === 'number') {
    input = h('input', {type: 'number', min: kind === 'number' ? 0 : least, max: most, step: kind === 'integer' ? 1 : 'any', required: member.required, placeholder: member.standard === undefined ? '' : String(member.standard)});
  } else if (member.name === 'eventType' || member.name === 'untilEvent') {
    input = choice([['', member.required ? 'Choose one' : 'any'], ...EVENT_TYPES], '');
  } else {
    input = h('input', {type: 'text', required: member.required, spellcheck: 'false', placeholder: kind === 'duration' ? member.standard ?? '30s, 5m, 12h' : member.name === 'operation' ? OPERATIONS : member.name === 'path' ? '/v1/*' : ''});
  }
  const read = () => {
    if (kind === 'boolean') return input.checked || undefined;
    const text = input.value.trim();
    if (text === '') return undefined;
    const isNumeric = kind === 'integer' || kind === 'number' || (kind === 'word' && typeof member.words[0] === 'number');
    return isNumeric ? Number(text) : text;
  };
  const bounds = least !== undefined && most !== undefined && most < 1e6 ? ` ${least} to ${most}.` : '';
  const hint = `${member.help}${bounds}`;
  const element = kind === 'boolean' ? h('div', {class: 'field'}, h('label', {class: 'check'}, input, member.name), h('span', {class: 'hint'}, hint)) : field(member.name + (member.required ? ' (required)' : ''), input, hint);
  return {name: member.name, read, element};
}

/** The form for a new rule. */
function ruleForm(table, done) {
  const place = h('div', {class: 'stack wide'});
  const problem = h('p', {class: 'bad', role: 'alert'});
  let match = [];
  let members = [];
  const on = choice([['webhook', 'webhooks'], ['api', 'calls of the API']], 'webhook', () => drawTarget());
  const type = h('select', {onchange: () => drawAction()});
  const help = h('p', {class: 'soft'});
  const actionFields = h('div', {class: 'fields'});
  const matchFields = h('div', {class: 'fields'});
  const id = h('input', {maxlength: 64, pattern: '[A-Za-z0-9._\\-]*', placeholder: 'made for you', spellcheck: 'false'});
  const ttl = h('input', {placeholder: 'for ever', spellcheck: 'false'});

  function drawTarget() {
    const {actions} = table[on.value];
    fill(type, actions.map((each) => h('option', {value: each.type}, each.type)));
    match = table[on.value].match.map(memberControl);
    fill(matchFields, match.map((each) => each.element));
    drawAction();
  }
  function drawAction() {
    const chosen = table[on.value].actions.find((each) => each.type === type.value);
    setText(help, chosen.help);
    members = chosen.fields.map(memberControl);
    fill(actionFields, members.map((each) => each.element));
    actionFields.hidden = members.length === 0;
  }
  const readAll = (controls) => Object.fromEntries(controls.map((each) => [each.name, each.read()]).filter(([, value]) => value !== undefined));

  fill(place, h('form', {class: 'stack wide', onsubmit: async (event) => {
    event.preventDefault();
    problem.textContent = '';
    const rule = {on: on.value, match: readAll(match), action: {type: type.value, ...readAll(members)}, ...(state.client && {clientId: state.client}), ...(id.value && {id: id.value.trim()}), ...(ttl.value && {ttl: ttl.value.trim()})};
    const made = await attemptTo(() => post('/chaos/rules', rule), (error) => { setText(problem, error.message); });
    if (made) await done(made);
  }},
  h('div', {class: 'fields'}, field('On', on), field('What happens', type)), help, actionFields,
  h('h3', {class: 'section'}, 'When (all that is given must hold)'), matchFields,
  h('details', {}, h('summary', {}, 'Name and life'), h('div', {class: 'fields inset'}, field('Id', id), field('Life', ttl, 'A duration of virtual time, after which the rule ends.'))),
  problem, h('div', {class: 'row'}, h('button', {type: 'submit', class: 'primary'}, icon('plus'), 'Add the rule'), h('span', {class: 'soft small'}, state.client ? `For ${state.client} only.` : 'For all partners.'))));
  drawTarget();
  return place;
}

export function chaosView(context) {
  const rules = h('div', {class: 'stack'});
  const held = h('div', {class: 'stack'});
  const form = h('div');

  function ruleCard(rule) {
    const isOpen = route().path[1] === rule.id;
    const put = async (changes) => {
      const {hits, createdAt, expiresAt, ...body} = rule;
      await control('PUT', `/chaos/rules/${segment(rule.id)}`, {body: {...body, ...changes}});
      await refreshNow('rules', 'held');
    };
    return h('article', {class: `card rule ${isOpen ? 'current' : ''} ${rule.enabled ? '' : 'off'}`, 'aria-label': `Rule ${rule.id}`},
      h('div', {class: 'row'}, badge(rule.action.type, 'chaos'), h('strong', {class: 'clip'}, words(rule.action, ['type'])), h('span', {class: 'grow'}), h('span', {class: 'badge'}, count(rule.hits, 'hit'))),
      h('p', {class: 'soft'}, `on ${rule.on === 'webhook' ? 'webhooks' : 'calls'}${words(rule.match) ? `, ${words(rule.match)}` : ', always'}${rule.clientId ? `, ${rule.clientId}` : ', all partners'}${rule.expiresAt ? `, until ${dateTime(parseInstant(rule.expiresAt))}` : rule.ttl ? `, for ${rule.ttl}` : ''}`),
      h('div', {class: 'row'}, h('a', {class: 'id', href: link(`/chaos/${encodeURIComponent(rule.id)}`)}, rule.id), h('span', {class: 'grow'}), check('on', rule.enabled, (enabled) => attemptTo(() => put({enabled}))),
        action('Remove', async () => {
          await control('DELETE', `/chaos/rules/${segment(rule.id)}`);
          await refreshNow('rules', 'held');
        }, {symbol: 'trash', kind: 'small quiet', 'aria-label': `Remove rule ${rule.id}`})),
      isOpen && jsonBlock(rule, 'Rule'));
  }

  function drawRules() {
    const wanted = route().path[1];
    fill(rules, wanted && !state.rules.some((rule) => rule.id === wanted) && h('p', {class: 'wait'}, `The rule ${wanted} is not there any more.`),
      state.rules.length === 0 ? empty('No rule is set', h('p', {}, 'Deliveries and calls go as they should. A rule makes something go wrong on purpose: a webhook that comes twice, late, forged or not at all, an answer that is lost.'))
        : state.rules.map(ruleCard));
  }

  function drawHeld() {
    const all = [...state.held.values()].filter((each) => !state.client || each.clientId === state.client);
    fill(held, all.length === 0 ? h('p', {class: 'soft'}, 'Nothing is held.') : all.map((each) => h('article', {class: 'card row', 'aria-label': `Held ${each.deliveryId}`},
      h('a', {href: link(`/deliveries/${each.deliveryId}`)}, each.eventType), h('span', {class: 'id soft'}, each.subject), h('span', {class: 'soft small'}, `by ${each.rule}${each.untilEvent ? ` until ${each.untilEvent}` : ''}, since ${dateTime(parseInstant(each.since))}`), h('span', {class: 'grow'}),
      action('Release', async () => {
        await post(`/chaos/held/${segment(each.deliveryId)}/release`);
        await refreshNow('held', 'rules');
        toast(`${each.eventType} goes out.`, {kind: 'good', link: {href: link(`/deliveries/${each.deliveryId}`), text: 'Show it'}});
      }, {symbol: 'play', kind: 'small'}))));
  }

  async function drawForm() {
    const table = await attemptTo(chaosTable, (error) => fill(form, h('p', {class: 'bad'}, error.message)));
    if (table) {
      fill(form, ruleForm(table, async (rule) => {
        await refreshNow('rules');
        toast(`Rule ${rule.id} is set.`, {kind: 'good'});
        go(['chaos', rule.id], {client: state.client});
      }));
    }
  }

  const clear = action('Remove all …', async () => {
    if (!(await confirmed('Remove all rules', `${state.client ? `Those of ${state.client}` : 'All rules of all partners'} go; what they hold goes out.`, 'Remove them'))) return;
    await control('DELETE', '/chaos/rules', {query: {clientId: state.client}});
    await refreshNow('rules', 'held');
  }, {kind: 'small quiet'});
  context.on(['rules'], () => {
    drawRules();
    clear.hidden = state.rules.length === 0;
  });
  context.on(['held', 'client'], drawHeld);
  let formClient = null;
  return {
    title: 'Chaos',
    element: h('div', {class: 'view scroll'}, h('div', {class: 'page'}, h('h1', {}, 'Chaos'), h('div', {class: 'columns chaos-columns'},
      h('div', {class: 'stack wide'}, h('section', {class: 'stack'}, h('h2', {class: 'row apart'}, 'Rules', clear), rules), h('section', {class: 'stack'}, h('h2', {}, 'Held deliveries'), held)),
      h('section', {class: 'card'}, h('header', {}, h('h2', {}, 'New rule')), form)))),
    update() {
      attemptTo(loadRules);
      drawRules();
      drawHeld();
      clear.hidden = state.rules.length === 0;
      if (formClient !== state.client) {
        formClient = state.client;
        drawForm();
      }
    },
  };
}
