// Zest's admin: SPV requests that wait for a decision, subscriptions that wait for their completion. Each is one click, and
// says what event it fired and whether the partner took it.
import {h, fill} from '../dom.js';
import {control, get, post, segment} from '../api.js';
import {refreshNow, state} from '../store.js';
import {link} from '../router.js';
import {count, dateTime, parseInstant} from '../text.js';
import {action, attemptTo, badge, check, empty, failure, field, pairs, statusBadge} from '../parts/controls.js';
import {copyId} from '../parts/copy.js';
import {formDialog} from '../parts/dialog.js';
import {jsonBlock} from '../parts/json.js';
import {eventOutcome} from '../parts/outcome.js';

const PAGE = 50;

/** The words of attributes that tell requests apart. */
function summary(attributes) {
  return [attributes.deal_name, attributes.underlyingCompanySlug ?? attributes.company_id, attributes.currency].filter((each) => typeof each === 'string').join(' · ');
}

function money(value) {
  return value && typeof value === 'object' ? `${value.value} ${value.currency}` : '';
}

/** What a pending subscription waits for. */
export function subscriptionStage(subscription) {
  if (subscription.status === 'completed') return ['completed', 'good', 'Nothing is left to do.'];
  if (subscription.fundingUploadedAt) return ['funded', 'note', 'Zest’s admin completes it.'];
  if (subscription.formUploadedAt) return ['form signed', 'wait', 'Waits for the funding receipt of the partner.'];
  return ['created', 'wait', 'Waits for the signed form of the partner.'];
}

export function rejectDialog(slug, done) {
  const reason = h('textarea', {required: true, rows: 3, placeholder: 'The company is not eligible', autofocus: true});
  formDialog('Reject the SPV request', [h('p', {}, 'The partner reads the reason in the request and in the event.'), field('Reason', reason)], 'Reject', async () => {
    await post(`/spv-requests/${segment(slug)}/reject`, {reason: reason.value.trim()});
    await done();
  }, {kind: 'danger'});
}

export function completeDialog(subscription, done) {
  const funded = Boolean(subscription.fundingUploadedAt);
  const choices = {skipSynchronousEmit: false, force: false};
  formDialog('Complete the subscription', [
    h('p', {}, funded ? 'Form and funding receipt are there.' : 'There is no funding receipt yet: Zest would not complete it.'),
    check('Skip the synchronous emit: the reconciler’s next sweep emits the event', false, (on) => { choices.skipSynchronousEmit = on; }),
    check('Force: complete it without a funding receipt', false, (on) => { choices.force = on; })], 'Complete', async () => {
    await control('POST', `/subscriptions/${segment(subscription.subscriptionSlug)}/complete`, {body: choices});
    await done(choices);
  });
}

export function reviewView(context) {
  const decided = h('div', {class: 'stack'});
  const requests = h('div', {class: 'stack'});
  const subscriptions = h('div', {class: 'stack'});
  const requestCount = badge('');
  const subscriptionCount = badge('');
  const cards = new Map();

  function note(title, kind, subject, eventType, waiting) {
    decided.prepend(h('div', {class: 'card decided'}, h('div', {class: 'row'}, badge(title, kind), copyId(subject, {whole: true})),
      eventOutcome(context, {subject, eventType, waiting})));
    while (decided.children.length > 5) decided.lastChild.remove();
  }

  function requestCard(request) {
    const slug = request.spvRequestSlug;
    return h('article', {class: 'card review-card', 'aria-label': `SPV request ${slug}`},
      h('header', {}, h('h3', {}, h('a', {class: 'id', href: link(`/resources/spv-requests/${slug}`)}, slug)), statusBadge(request.status)),
      h('p', {}, h('strong', {}, summary(request.attributes) || request.templateId)),
      pairs([['Template', `${request.templateId} ${request.templateVersion}`], ['Partner', !state.client && request.clientId], ['Submitted', h('span', {class: 'times'}, dateTime(parseInstant(request.createdAt)))]]),
      h('details', {}, h('summary', {}, 'Attributes'), jsonBlock(request.attributes, 'Attributes')),
      h('div', {class: 'row'}, action('Approve', async () => {
        await post(`/spv-requests/${segment(slug)}/approve`);
        note('approved', 'good', slug, 'spv_request.completed');
        await refreshNow('resources');
      }, {symbol: 'check', kind: 'primary'}),
      action('Reject …', () => rejectDialog(slug, async () => {
        note('rejected', 'bad', slug, 'spv_request.rejected');
        await refreshNow('resources');
      }), {kind: 'danger'})));
  }

  function subscriptionCard(subscription) {
    const slug = subscription.subscriptionSlug;
    const [stage, kind, waits] = subscriptionStage(subscription);
    const completed = async (choices = {}) => {
      note('completed', 'good', slug, 'subscription.completed', choices.skipSynchronousEmit ? 'The synchronous emit was skipped: the reconciler emits the event at the next whole minute of virtual time …' : undefined);
      await refreshNow('resources');
    };
    return h('article', {class: 'card review-card', 'aria-label': `Subscription ${slug}`},
      h('header', {}, h('h3', {}, h('a', {class: 'id', href: link(`/resources/subscriptions/${slug}`)}, slug)), badge(stage, kind)),
      h('p', {}, waits),
      pairs([['Investor', h('a', {class: 'id', href: link(`/resources/investors/${subscription.personId}`)}, subscription.personId)], ['SPV', h('span', {class: 'id'}, subscription.spvSlug)],
        ['Amount', money(subscription.lumpSum)], ['Share class', subscription.shareClassSlug], ['Received', subscription.funding && `${subscription.funding.amount} ${subscription.funding.currency} (${subscription.funding.wireReference})`],
        ['Partner', !state.client && subscription.clientId]]),
      h('div', {class: 'row'}, stage === 'funded' && action('Complete', async () => {
        await post(`/subscriptions/${segment(slug)}/complete`);
        await completed();
      }, {symbol: 'check', kind: 'primary'}), action(stage === 'funded' ? 'With options …' : 'Complete anyway …', () => completeDialog(subscription, completed), {kind: stage === 'funded' ? 'quiet' : ''})));
  }

  // Cards stay as elements while nothing of them changed, so that what is open in them stays open.
  function drawCards(place, documents, keyOf, make, nothing) {
    if (documents.length === 0) return fill(place, nothing);
    return fill(place, documents.map((each) => {
      const key = keyOf(each);
      const text = JSON.stringify(each) + state.client;
      const known = cards.get(key);
      if (known?.text === text) return known.card;
      const card = make(each);
      cards.set(key, {text, card});
      return card;
    }));
  }

  async function load() {
    const shown = state.client;
    const found = await attemptTo(() => Promise.all([get('/spv-requests', {status: 'pending-review', clientId: shown, perPage: PAGE}), get('/subscriptions', {status: 'pending', clientId: shown, perPage: PAGE})]),
      (error) => fill(requests, failure(error, load)));
    if (!found || shown !== state.client) return;
    const [pending, open] = found;
    requestCount.textContent = String(pending.count);
    subscriptionCount.textContent = String(open.count);
    drawCards(requests, pending.documents, (each) => each.spvRequestSlug, requestCard,
      empty('Nothing waits for review', h('p', {}, 'An SPV request stands here until it is approved or rejected.'), h('a', {class: 'button', href: link('/compose', {event: 'spv_request.created'})}, 'Submit one')));
    // Those that somebody can act on come first.
    const order = [...open.documents].sort((a, b) => Number(Boolean(b.fundingUploadedAt)) - Number(Boolean(a.fundingUploadedAt)));
    drawCards(subscriptions, order, (each) => each.subscriptionSlug, subscriptionCard,
      empty('No subscription is open', h('p', {}, 'A subscription stands here until it is completed: signed form first, then the funding receipt, then Zest’s admin.'), h('a', {class: 'button', href: link('/compose', {event: 'funding_receipt.uploaded'})}, 'Make one that is funded')));
    if (pending.count > PAGE) requests.append(h('p', {class: 'soft'}, `The newest ${PAGE} of ${count(pending.count, 'request')} are shown.`));
    if (open.count > PAGE) subscriptions.append(h('p', {class: 'soft'}, `The newest ${PAGE} of ${count(open.count, 'subscription')} are shown.`));
  }

  context.on(['resources', 'client', 'restart'], load);
  return {
    title: 'To review',
    element: h('div', {class: 'view scroll'}, h('div', {class: 'page'}, h('h1', {}, 'To review'), h('p', {class: 'soft'}, 'What a human at Zest would decide.'), decided,
      h('div', {class: 'columns'}, h('section', {class: 'stack'}, h('h2', {class: 'row'}, 'SPV requests', requestCount), requests), h('section', {class: 'stack'}, h('h2', {class: 'row'}, 'Subscriptions', subscriptionCount), subscriptions)))),
    update: () => load(),
  };
}
