// Partner applications: choosing, making and changing them; and the state of the whole sandbox as a file.
import {h, fill, setText} from '../dom.js';
import {icon} from '../icons.js';
import {control, exchange, errorOf, post, segment} from '../api.js';
import {loadPartners, refreshNow, state} from '../store.js';
import {go, link, route} from '../router.js';
import {count, dateTime, parseInstant} from '../text.js';
import {action, attemptTo, badge, check, empty, field, loading, pairs} from '../parts/controls.js';
import {copyable, copyButton, copyId} from '../parts/copy.js';
import {confirmed, formDialog, openDialog} from '../parts/dialog.js';
import {textBlock} from '../parts/json.js';
import {toast} from '../parts/toast.js';
import {tokenLine} from '../parts/curl.js';

/** Hands a text to the browser as a file to keep. */
function download(name, text, type = 'application/json') {
  const address = URL.createObjectURL(new Blob([text], {type}));
  h('a', {href: address, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

function showKey(partner) {
  const {privateKeyPem, privateKeyJwk, clientId} = partner;
  openDialog(`${clientId} is registered`, h('div', {class: 'stack wide'},
    h('div', {class: 'callout wait'}, h('p', {}, 'This is the private key. It is shown this once: the sandbox does not keep it.')),
    copyable(h('pre', {class: 'code'}, privateKeyPem), privateKeyPem, 'Copy'),
    h('div', {class: 'row'}, h('button', {type: 'button', class: 'primary', onclick: () => download(`${clientId}.pem`, privateKeyPem, 'application/x-pem-file')}, icon('save'), 'Download PEM'),
      h('button', {type: 'button', onclick: () => download(`${clientId}.jwk.json`, JSON.stringify(privateKeyJwk, null, 2))}, icon('save'), 'Download JWK'),
      copyButton(() => JSON.stringify(privateKeyJwk), 'Copy JWK', {class: ''})),
    pairs([['Client id', copyId(clientId, {whole: true})], ['Webhook secret', copyId(partner.webhookSecret, {whole: true})]])), {wide: true, stays: true});
}

export function createPartner() {
  const name = h('input', {required: true, placeholder: 'My portal', autofocus: true, maxlength: 200});
  const url = h('input', {type: 'text', inputmode: 'url', placeholder: 'http://127.0.0.1:9000/webhooks', spellcheck: 'false'});
  const key = h('textarea', {rows: 3, placeholder: 'Empty: a pair is made for you. Else the public key: base64 of the raw 32 bytes, PEM or JWK', spellcheck: 'false'});
  formDialog('New partner', [field('Name', name), field('Webhook URL', url, 'May be given later; deliveries wait until then.'), field('Public key (Ed25519)', key)], 'Register', async () => {
    const body = {name: name.value.trim(), ...(url.value.trim() && {webhookUrl: url.value.trim()}), ...(key.value.trim() ? {publicKey: key.value.trim()} : {generateKey: true})};
    const partner = await control('POST', '/partners', {body});
    await loadPartners();
    (partner.warnings ?? []).forEach((warning) => toast(warning, {kind: 'note'}));
    go(['partners', partner.clientId], {client: partner.clientId});
    if (partner.privateKeyPem) setTimeout(() => showKey(partner), 0);
    else toast(`${partner.clientId} is registered.`, {kind: 'good'});
  });
}

function resetDialog(clientId) {
  const options = {};
  formDialog(clientId ? `Reset ${clientId}` : 'Reset the sandbox', [
    h('p', {}, clientId ? 'Its data, documents, deliveries, calls and chaos rules go; its clock returns to its start. The partner stays, with key, endpoint and tokens.' : 'Data, documents, deliveries, calls and chaos rules of all partners go; the clocks return to their start. Partners stay, with keys, endpoints and tokens.'),
    check('Revoke access and refresh tokens, too', false, (on) => { options.tokens = on; }),
    !clientId && check('Remove partners that were registered at run time', false, (on) => { options.partners = on; }),
    check('Begin identifiers anew (a receiver that remembers event ids takes new events for copies)', false, (on) => { options.rewind = on; })], 'Reset', async () => {
    const done = await post('/reset', {...options, ...(clientId && {clientId})});
    await refreshNow('partners', 'resources', 'held', 'rules');
    toast(`Reset: ${count(Object.values(done.cleared).reduce((sum, each) => sum + each, 0), 'row')} cleared.`, {kind: 'good'});
  }, {kind: 'danger'});
}

function snapshotCard() {
  const file = h('input', {type: 'file', accept: '.json,application/json', 'aria-label': 'Snapshot file', hidden: true});
  file.addEventListener('change', async () => {
    const [chosen] = file.files;
    file.value = '';
    if (!chosen || !(await confirmed('Load the snapshot', `Everything in this sandbox is replaced by what ${chosen.name} holds.`, 'Replace everything'))) return;
    await attemptTo(async () => {
      await control('PUT', '/snapshot', {body: await chosen.text()});
      await refreshNow('partners', 'resources', 'held', 'rules');
      toast(`${chosen.name} is loaded.`, {kind: 'good'});
    });
  });
  return h('section', {class: 'card stack wide'}, h('h2', {}, 'State of the whole sandbox'), h('p', {class: 'soft'}, 'A snapshot holds everything: partners with their secrets, resources, documents, deliveries, clocks and rules.'),
    h('div', {class: 'row'}, action('Save a snapshot', async () => {
      const reply = await exchange('GET', '/_sandbox/snapshot');
      if (reply.status !== 200) throw errorOf(reply);
      download(`zest-sandbox-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, '-')}.json`, reply.text);
    }, {symbol: 'save'}), h('button', {type: 'button', onclick: () => file.click()}, icon('load'), 'Load a snapshot …'), action('Reset everything …', () => resetDialog(''), {kind: 'danger'}), file));
}

function secretLine(partner) {
  const place = h('span', {class: 'row tight'});
  const hide = () => fill(place, h('span', {class: 'mono'}, 'whsec_••••••••'), h('button', {type: 'button', class: 'small quiet', onclick: show}, icon('eye'), 'Show'), copyButton(() => partner.webhookSecret, 'Copy', {class: 'small quiet'}));
  const show = () => fill(place, h('code', {}, partner.webhookSecret), copyButton(() => partner.webhookSecret, 'Copy', {class: 'small quiet'}), h('button', {type: 'button', class: 'small quiet', onclick: hide}, 'Hide'));
  hide();
  return place;
}

function partnerPage(partner) {
  const {clientId} = partner;
  const url = h('input', {value: partner.webhookUrl ?? '', placeholder: 'http://127.0.0.1:9000/webhooks', inputmode: 'url', spellcheck: 'false', 'aria-label': 'Webhook URL'});
  const problem = h('p', {class: 'bad', role: 'alert'});
  const change = async (body, said) => {
    problem.textContent = '';
    const changed = await control('PATCH', `/partners/${segment(clientId)}`, {body});
    (changed.warnings ?? []).forEach((warning) => toast(warning, {kind: 'note'}));
    await refreshNow('partners');
    toast(said, {kind: 'good'});
  };
  const saveUrl = h('form', {class: 'row', onsubmit: async (event) => {
    event.preventDefault();
    await attemptTo(() => change({webhookUrl: url.value.trim() || null}, url.value.trim() ? 'The webhook URL is set; what waited goes out now.' : 'The webhook URL is removed; deliveries wait.'), (error) => {
      setText(problem, error.message);
      url.setAttribute('aria-invalid', 'true');
    });
  }}, h('div', {class: 'grow'}, url), h('button', {type: 'submit'}, 'Save'));
  const paused = state.clocks.get(clientId)?.paused;
  const token = h('div');
  return h('div', {class: 'stack wide'},
    h('div', {class: 'row'}, h('h2', {tabindex: -1}, partner.name), copyId(clientId, {whole: true}), !partner.provisioned && badge('not provisioned', 'wait'), paused && badge('webhooks paused', 'wait')),
    h('section', {class: 'card stack'}, h('h3', {}, 'Webhooks'), saveUrl, problem,
      pairs([['Signing secret', secretLine(partner)], ['Answer within', `${partner.deliveryTimeout} (wall time)`]]),
      h('div', {class: 'row'}, paused ? action('Resume webhooks', async () => {
        await post('/webhooks/resume', {clientId});
        await refreshNow('partners');
      }, {symbol: 'play', kind: 'primary'}) : action('Pause webhooks', async () => {
        await post('/webhooks/pause', {clientId});
        await refreshNow('partners');
      }, {symbol: 'pause', title: 'As if Zest’s dispatcher were down: deliveries wait'}))),
    h('section', {class: 'card stack'}, h('h3', {}, 'Application'),
      pairs([['Tenant', partner.tenantSlug], ['Public key', copyId(partner.publicKey, {whole: true})], ['Approves by itself', partner.autoApprove ? `after ${partner.autoApprove}` : 'no: by hand'], ['Completes by itself', partner.autoComplete ? `after ${partner.autoComplete}` : 'no: by hand'], ['Registered', h('span', {class: 'times'}, dateTime(parseInstant(partner.createdAt)))]]),
      check('Provisioned: without it the five POSTs answer 403', partner.provisioned, (on) => attemptTo(() => change({provisioned: on}, on ? 'Provisioned.' : 'Not provisioned any more: calls answer 403.')))),
    h('section', {class: 'card stack'}, h('h3', {}, 'Access token for curl'), textBlock(tokenLine(clientId), 'Line for a shell'),
      h('div', {}, action('Get a token here', async () => {
        const pair = await post(`/partners/${segment(clientId)}/token`);
        fill(token, copyable(h('pre', {class: 'code'}, pair.accessToken), pair.accessToken), h('p', {class: 'soft small'}, 'Valid for an hour.'));
      })), token),
    h('div', {class: 'row'}, action('Reset its data …', () => resetDialog(clientId), {kind: 'danger'}), action('Remove …', async () => {
      if (!(await confirmed(`Remove ${clientId}`, 'The partner goes with all of its data; its key and tokens stop working.', 'Remove it'))) return;
      await control('DELETE', `/partners/${segment(clientId)}`);
      await refreshNow('partners');
      go(['partners'], {});
      toast(`${clientId} is removed.`);
    }, {symbol: 'trash', kind: 'danger'})));
}

export function partnersView(context) {
  const list = h('ul', {class: 'plain stack', 'aria-label': 'Partners'});
  const place = h('div');
  const page = h('div', {class: 'page'});
  let text = '';

  function drawList() {
    fill(list, [...state.partners.values()].map((partner) => h('li', {}, h('a', {class: 'card partner-card', href: link(`/partners/${encodeURIComponent(partner.clientId)}`), 'aria-current': route().path[1] === partner.clientId ? 'true' : null},
      h('span', {class: 'row'}, h('strong', {}, partner.name), h('span', {class: 'id soft'}, partner.clientId), state.clocks.get(partner.clientId)?.paused && badge('paused', 'wait')),
      h('span', {class: 'soft small clip'}, partner.webhookUrl ?? 'no webhook URL: deliveries wait')))));
  }

  function draw(force = false) {
    drawList();
    const id = route().path[1];
    if (!id) return fill(place, snapshotCard());
    const partner = state.partners.get(id);
    if (!partner) return fill(place, state.partners.size === 0 ? loading('the partners') : empty('There is no such partner', h('p', {}, `Nobody is registered as ${id}.`)));
    // What one types stays while others change other things.
    const now = JSON.stringify(partner) + state.clocks.get(id)?.paused;
    if (!force && now === text) return undefined;
    text = now;
    return fill(place, partnerPage(partner));
  }

  context.on(['partners', 'clocks'], () => draw());
  fill(page, h('div', {class: 'row apart'}, h('h1', {}, 'Partners'), h('button', {type: 'button', class: 'primary', onclick: createPartner}, icon('plus'), 'New partner')),
    h('div', {class: 'columns partners-columns'}, h('div', {class: 'stack'}, list, h('p', {class: 'soft small'}, 'Each partner has a clock, data and deliveries of its own: register one per test, and tests do not meet.')), place));
  return {
    title: 'Partners',
    element: h('div', {class: 'view scroll'}, page),
    back: () => (route().path[1] ? go(['partners'], route().query) : undefined),
    update: () => draw(true),
  };
}
