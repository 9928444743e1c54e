// A small program over the types that openapi-typescript makes of /openapi.json: it has to compile with --strict, and
// each line after an "expect-error" must not.
import type {components, operations, paths, webhooks} from './partner.js';

type Schemas = components['schemas'];

const lumpSum: Schemas['Money'] = {currency: 'USD', value: '25000.00'};
export const row: Schemas['SubscriptionCreateRow'] = {zestPersonId: 'psn_1', lumpSum, shareClassSlug: 'sc_classA'};
// @ts-expect-error money has a currency
export const incomplete: Schemas['SubscriptionCreateRow'] = {zestPersonId: 'psn_1', lumpSum: {value: '1'}, shareClassSlug: 'sc_classA'};

export const submission: Schemas['SpvRequestCreate'] = {
  templateId: 'syndicate_secondary',
  templateVersion: '1.0.0',
  attributes: {underlyingCompanySlug: 'co_acme', currency: 'USD', shareClasses: [{name: 'Class A', carryPercent: '20'}]},
};
export const misspelt: Schemas['SpvRequestCreate'] = {
  templateId: 'syndicate_secondary',
  templateVersion: '1.0.0',
  // @ts-expect-error attributes are those of a template
  attributes: {underlyingCompany: 'co_acme', currency: 'USD'},
};

export function slugsOf(page: Schemas['AggregationResponse']): string[] {
  return page.documents.map((request) => (request.status === 'approved' ? request.materialisedRefs?.vehicleSlug ?? '' : request.spvRequestSlug));
}

export function created(results: Schemas['InvestorBulkResponse']): string[] {
  return results.results.flatMap((result) => {
    // @ts-expect-error there is no such status
    if (result.status === 'done') return [];
    return result.status === 'failed' || !result.zestPersonId ? [] : [result.zestPersonId];
  });
}

export function adviceOn(error: Schemas['PartnerErrorResponse']): string {
  switch (error.code) {
    case 'validation_error':
      return (error.validationErrors ?? []).map((each) => `${each.attribute}: ${each.code}`).join(', ');
    case 'service_unavailable':
      return 'retry';
    default:
      return error.detail ?? '';
  }
}

// The event's type tells which data it has.
export function handle(event: Schemas['WebhookEvent']): string {
  switch (event.eventType) {
    case 'spv_request.created':
      return event.data.status;
    case 'spv_request.completed':
      return event.data.materialisedRefs.vehicleSlug;
    case 'spv_request.rejected':
      return event.data.rejectionReason;
    case 'spv_request.cancelled':
      return event.data.cancelledAt;
    case 'investor.created':
      return event.data.kycManagedBy;
    case 'subscription.created':
      return event.data.lumpSum.value;
    case 'signed_subscription_form.uploaded':
      return event.data.subscriptionFormUrl;
    case 'funding_receipt.uploaded':
      return event.data.wireReference;
    case 'subscription.completed':
      return event.data.completedAt;
    default: {
      const never: never = event;
      return never;
    }
  }
}

export type Rejected = webhooks['spv_request.rejected']['post']['requestBody']['content']['application/json'];
export const isTheSame = (event: Rejected): Schemas['SpvRequestRejectedEvent'] => event;

export type Submitted = paths['/v1/spv-requests']['post']['responses'][201]['content']['application/json'];
export type Key = operations['createSpvRequest']['parameters']['header']['Idempotency-Key'];
export const key: Key = 'deal-42';
export const statusOf = (answer: Submitted): 'pending-review' | 'approved' | 'rejected' | 'cancelled' => answer.status;
