// How each event of the API comes about: the calls, in order, of which the last one emits it. Every step takes what was
// made before (`made`) and what one may set (`parts`), makes its call through `api`, and adds what it made.

const PDF = (name) => `%PDF-1.4\n% ${name}\n%%EOF\n`;

/** What the resources are made of, as the bodies of the calls have them. `sample`: of the contracts. */
export function standardParts(sample, suffix) {
  const currency = typeof sample.attributes.currency === 'string' ? sample.attributes.currency : 'USD';
  const sum = {currency, value: '50000.00'};
  return {
    spvRequest: {templateId: sample.templateId, templateVersion: sample.templateVersion, attributes: sample.attributes},
    rejection: {reason: 'The company is not eligible'},
    investor: {partnerInvestorId: `investor-${suffix}`, email: `investor-${suffix}@example.com`, firstName: 'Alice', lastName: 'Liddell', dateOfBirth: '1985-04-12', countryOfResidence: 'AE'},
    subscription: {lumpSum: sum, partnerSubscriptionId: `subscription-${suffix}`},
    form: {fileName: `form-${suffix}.pdf`, contentType: 'application/pdf'},
    funding: {amount: sum.value, currency, wireReference: `WIRE-${suffix}`, fileName: `receipt-${suffix}.pdf`, contentType: 'application/pdf'},
  };
}

const upload = (document, fields = {}) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', document.file ?? new Blob([PDF(document.fileName)], {type: document.contentType}), document.fileName);
  return form;
};
const subscriptionPath = (made) => `/v1/spvs/${made.spv}/subscription/${made.person}`;

const STEPS = {
  request: {part: 'spvRequest', emits: 'spv_request.created', call: 'POST /v1/spv-requests', async take({api, parts, made, key}) {
    made.spvRequest = (await api('POST', '/v1/spv-requests', {body: parts.spvRequest, key})).spvRequestSlug;
  }},
  approve: {emits: 'spv_request.completed', call: 'Zest’s review: approve', async take({control, api, made}) {
    await control('POST', `/spv-requests/${made.spvRequest}/approve`);
    const request = await api('GET', `/v1/spv-requests/${made.spvRequest}`);
    made.spv = request.materialisedRefs.vehicleSlug;
    made.shareClass = request.feesAndCarry?.shareClasses[0].slug;
  }},
  reject: {part: 'rejection', emits: 'spv_request.rejected', call: 'Zest’s review: reject', async take({control, parts, made}) {
    await control('POST', `/spv-requests/${made.spvRequest}/reject`, parts.rejection);
  }},
  cancel: {emits: 'spv_request.cancelled', call: 'DELETE /v1/spv-requests/{slug}', async take({api, made}) {
    await api('DELETE', `/v1/spv-requests/${made.spvRequest}`);
  }},
  investor: {part: 'investor', emits: 'investor.created', call: 'POST /v1/investors', async take({api, parts, made, key}) {
    const {results: [row]} = await api('POST', '/v1/investors', {body: {investors: [parts.investor]}, key});
    if (row.status === 'failed') throw new Error(`The investor is refused: ${row.error.field ?? ''} ${row.error.message}.`);
    made.person = row.zestPersonId;
    made.note = row.status === 'already_exists' ? `The investor exists already as ${row.zestPersonId}: nothing is emitted for it. Set another partnerInvestorId.` : '';
  }},
  subscribe: {part: 'subscription', emits: 'subscription.created', call: 'POST /v1/spvs/{spv}/subscriptions', async take({api, parts, made, key}) {
    const row = {zestPersonId: made.person, shareClassSlug: made.shareClass, ...parts.subscription};
    const {results: [created]} = await api('POST', `/v1/spvs/${made.spv}/subscriptions`, {body: {subscriptions: [row]}, key});
    made.subscription = created.subscriptionSlug;
    made.person = created.personId;
  }},
  form: {part: 'form', emits: 'signed_subscription_form.uploaded', call: 'POST …/forms', async take({api, parts, made}) {
    await api('POST', `${subscriptionPath(made)}/forms`, {form: upload(parts.form)});
  }},
  funding: {part: 'funding', emits: 'funding_receipt.uploaded', call: 'POST …/fundings', async take({api, parts, made}) {
    const {amount, currency, wireReference} = parts.funding;
    await api('POST', `${subscriptionPath(made)}/fundings`, {form: upload(parts.funding, {amount, currency, wireReference})});
  }},
  complete: {emits: 'subscription.completed', call: 'Zest’s admin: complete', async take({control, made}) {
    await control('POST', `/subscriptions/${made.subscription}/complete`);
  }},
};

const SUBSCRIBED = ['request', 'approve', 'investor', 'subscribe'];
const RECIPES = {
  'spv_request.created': ['request'], 'spv_request.completed': ['request', 'approve'], 'spv_request.rejected': ['request', 'reject'], 'spv_request.cancelled': ['request', 'cancel'],
  'investor.created': ['investor'], 'subscription.created': SUBSCRIBED, 'signed_subscription_form.uploaded': [...SUBSCRIBED, 'form'],
  'funding_receipt.uploaded': [...SUBSCRIBED, 'form', 'funding'], 'subscription.completed': [...SUBSCRIBED, 'form', 'funding', 'complete'],
};

/** The steps of an event: [{name, part?, emits, call, take}]. */
export const recipeOf = (eventType) => RECIPES[eventType].map((name) => ({name, ...STEPS[name]}));

/** What the event is about, once it was made. */
export function subjectOf(eventType, made) {
  if (eventType.startsWith('spv_request.')) return made.spvRequest;
  return eventType === 'investor.created' ? made.person : made.subscription;
}
