// Moving virtual time: the calls, and what came of them.
import {post} from '../api.js';
import {changed, refreshNow, state} from '../store.js';
import {count} from '../text.js';
import {link} from '../router.js';
import {toast} from './toast.js';
import {action} from './controls.js';

/** Steps that the documentation's retry schedule suggests. Zest docs: webhooks/retries. */
export const STEPS = [
  ['+30s', {by: '30s'}, 'Advance by 30 seconds'], ['+5m', {by: '5m'}, 'Advance by 5 minutes'],
  ['+30m', {by: '30m'}, 'Advance by 30 minutes'], ['+2h', {by: '2h'}, 'Advance by 2 hours'],
  ['+12h', {by: '12h'}, 'Advance by 12 hours'], ['next', {to: 'next'}, 'Advance to what is due next'],
  ['idle', {until: 'idle'}, 'Advance until nothing is scheduled any more']];

/** Says in a sentence what an advance did. */
export function advanceSentence(report) {
  const delivered = report.attempts.filter((each) => each.outcome === 'delivered').length;
  if (report.attemptCount === 0) return 'Nothing was due: no attempt was made.';
  return `${count(report.attemptCount, 'attempt')} made, ${delivered} taken, ${report.attemptCount - delivered} failed.`;
}

/** Moves the clock of one partner; `client` '': of all. */
export async function advance(request, title, client = state.client) {
  const body = client ? {...request, clientId: client} : request;
  const report = await post('/clock/advance', body);
  state.lastAdvance = {title, report, request: body};
  changed('advance');
  await refreshNow('held', 'resources');
  toast(`${title}: ${advanceSentence(report)}`, {kind: 'good', link: report.attemptCount > 0 && {href: link('/clock'), text: 'Show them'}});
  return report;
}

export function advanceButtons(kind = 'small') {
  return STEPS.map(([label, request, title]) => action(label, () => advance(request, title), {kind, title, 'aria-label': `${label}: ${title}`}));
}
