// The console in a real browser, against the real binary.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {AXE, BINARY, openPage, startBrowser, startReceiver, startSandbox} from './world.mjs';

const VIEWS = ['timeline', 'deliveries', 'requests', 'review', 'resources', 'resources/subscriptions', 'clock', 'chaos', 'warnings', 'coverage', 'partners', 'partners/client_acme', 'compose'];
let browser;
let receiver;
let sandbox;
const at = (view, from = sandbox) => `${from.url}/_sandbox/console#/${view}`;

before(async () => {
  browser = await startBrowser();
  receiver = await startReceiver();
  sandbox = await startSandbox(['--webhook-url', receiver.url]);
});
after(async () => {
  await browser?.close();
  await sandbox?.stop();
  await receiver?.stop();
});

async function withPage(view, body, options = {}) {
  const page = await openPage(browser, at(view, options.of), options);
  try {
    await body(page);
    assert.deepEqual(page.problems, []);
  } finally {
    await page.context().close();
  }
}

test('the happy path is clicked through: compose, review, complete', async () => {
  await withPage('compose?event=funding_receipt.uploaded', async (page) => {
    await page.getByRole('button', {name: 'Send', exact: true}).click();
    await page.getByText('the partner took it').waitFor();
    await page.goto(at('review'));
    await page.getByRole('button', {name: 'Complete', exact: true}).click();
    const decided = page.locator('.decided');
    await decided.getByRole('link', {name: 'subscription.completed'}).waitFor();
    await decided.getByText('the partner took it').waitFor();
  });
});

test('an SPV request is approved with one click, another rejected with a reason', async () => {
  await sandbox.submit('approve-me');
  await withPage('review', async (page) => {
    await page.getByRole('button', {name: 'Approve', exact: true}).click();
    await page.locator('.decided').getByText('spv_request.completed').waitFor();
    await sandbox.submit('reject-me');
    await page.getByRole('button', {name: 'Reject …'}).click();
    await page.getByLabel('Reason').fill('Not eligible');
    await page.getByRole('dialog').getByRole('button', {name: 'Reject', exact: true}).click();
    await page.locator('.decided').getByText('spv_request.rejected').waitFor();
  });
});

test('going back leaves a dialog that was open', async () => {
  await sandbox.submit('not-decided');
  await withPage('timeline', async (page) => {
    await page.goto(at('review'));
    await page.getByRole('button', {name: 'Reject …'}).click();
    await page.getByRole('dialog').waitFor();
    await page.goBack();
    await page.getByRole('heading', {name: 'Timeline', level: 1}).waitFor();
    assert.equal(await page.getByRole('dialog').count(), 0);
  });
});

test('chaos is added from the form, hits, and is removed', async () => {
  await withPage('chaos', async (page) => {
    await page.getByLabel('What happens').selectOption('duplicate');
    await page.getByLabel('copies').fill('2');
    await page.getByRole('button', {name: 'Add the rule'}).click();
    await page.locator('.rule').getByText('duplicate', {exact: true}).waitFor();
    await sandbox.submit('twice');
    await page.locator('.rule').getByText('1 hit').waitFor();
    await page.getByRole('button', {name: /^Remove rule/}).click();
    await page.getByText('No rule is set').waitFor();
  });
});

test('warnings are counted, told once per kind, and lead to the call', async () => {
  const own = await startSandbox();
  try {
    await withPage('warnings', async (page) => {
      await page.getByText('Nothing to warn of').waitFor();
      const token = (await own.call('POST', '/_sandbox/partners/client_acme/token', {})).body.accessToken;
      for (const partnerInvestorId of ['one', 'two']) {
        const row = {partnerInvestorId, email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace', dateOfBirth: '1990-12-10'};
        assert.equal((await own.call('POST', '/v1/investors', {investors: [row]}, {Authorization: `Bearer ${token}`})).status, 200);
      }
      const card = page.locator('.card', {hasText: 'warn.missing-key'});
      await card.getByText('2 times').waitFor();
      await page.getByRole('link', {name: /^Warnings/}).getByLabel('1 to look at').waitFor();
      await card.getByRole('link', {name: 'the call'}).last().click();
      await page.getByText('/v1/investors').first().waitFor();
    }, {of: own});
  } finally {
    await own.stop();
  }
});

test('a dead delivery says why, and is retried', async () => {
  receiver.fails = (type) => type === 'investor.created';
  await withPage('compose?event=investor.created', async (page) => {
    await page.getByRole('button', {name: 'Send', exact: true}).click();
    await page.locator('.outcome').getByText('retrying').first().waitFor();
    await page.getByRole('button', {name: 'idle: Advance until nothing is scheduled any more'}).first().click();
    await page.goto(at('deliveries?status=dead'));
    await page.getByRole('link', {name: /dead.*investor.created/}).click();
    await page.getByText(/All 6 attempts failed/).waitFor();
    await page.getByText('the database is locked').waitFor();
    receiver.fails = () => false;
    await page.locator('.detail').getByRole('button', {name: 'Retry', exact: true}).click();
    await page.getByText(/Taken by the receiver at attempt 1/).waitFor();
    // It stays in sight although the filter does not fit it any more.
    await page.locator('.list-row.stale').waitFor();
  });
});

test('why a webhook did not come is said, with what to do about it', async () => {
  const own = await startSandbox();
  const answers = await startReceiver();
  const partner = (clientId, webhookUrl) => own.call('POST', '/_sandbox/partners', {name: clientId, clientId, webhookUrl, generateKey: true});
  const rule = (clientId, action) => own.call('POST', '/_sandbox/chaos/rules', {on: 'webhook', clientId, match: {}, action});
  const settled = (clientId) => own.call('POST', '/_sandbox/wait', {until: 'idle', clientId, timeout: '10s'});
  const detailOf = async (page, client) => {
    await own.submit(`of-${client}`, {}, client);
    await settled(client);
    await page.goto(`${own.url}/_sandbox/console#/deliveries?client=${client}`);
    await page.locator('.list-row').first().click();
    return page.locator('.detail');
  };
  const taken = (detail) => detail.getByText(/Taken by the receiver/).waitFor();
  try {
    await partner('client_nowhere');
    await partner('client_paused', answers.url);
    await own.call('POST', '/_sandbox/webhooks/pause', {clientId: 'client_paused'});
    await partner('client_held', answers.url);
    await rule('client_held', {type: 'hold', untilReleased: true});
    await partner('client_late', answers.url);
    await rule('client_late', {type: 'delay', by: '2h'});
    await partner('client_lost', answers.url);
    await rule('client_lost', {type: 'drop', attempts: 1});
    await partner('client_quiet', answers.url);
    for (const status of [308, 401, 404, 500]) await partner(`client_${status}`, `${answers.url}?status=${status}`);
    await partner('client_closed', 'http://127.0.0.1:1/');
    await withPage('deliveries', async (page) => {
      let detail = await detailOf(page, 'client_paused');
      await page.locator('.list-row', {hasText: 'webhooks paused'}).waitFor();
      await detail.getByText('are paused').waitFor();
      await detail.getByRole('button', {name: 'Resume webhooks'}).click();
      await taken(detail);
      detail = await detailOf(page, 'client_held');
      await detail.getByText(/^Held by the chaos rule/).waitFor();
      await detail.getByRole('button', {name: 'Release'}).click();
      await taken(detail);
      detail = await detailOf(page, 'client_late');
      await detail.getByText(/in 2h of virtual time. A chaos rule delays it. This clock stands still/).waitFor();
      await detail.getByRole('button', {name: 'Advance to it'}).click();
      await taken(detail);
      detail = await detailOf(page, 'client_lost');
      await detail.getByText('the receiver saw nothing').first().waitFor();
      await detail.getByText('Nothing was signed yet').waitFor();
      await detail.getByRole('link', {name: /^Rule chr_/}).waitFor();
      await detail.getByRole('button', {name: 'Advance to it'}).click();
      await taken(detail);
      for (const [client, words] of Object.entries({308: 'must be the final address', 404: 'takes no POST at this path', 500: 'It failed inside', closed: 'Does it run'})) {
        detail = await detailOf(page, `client_${client}`);
        await detail.getByText(words).first().waitFor();
      }
      detail = await detailOf(page, 'client_401');
      await detail.getByText('another secret').first().waitFor();
      await detail.getByRole('button', {name: 'Check the signature'}).click();
      await detail.getByRole('button', {name: 'Verify this signature'}).waitFor();
      detail = await detailOf(page, 'client_nowhere');
      await detail.getByText('How it came about').click();
      await detail.getByText('put into the outbox').waitFor();
      await detail.getByRole('link', {name: 'Give it a webhook URL'}).click();
      await page.getByLabel('Webhook URL').fill(answers.url);
      await page.getByRole('button', {name: 'Save'}).click();
      await page.getByText('what waited goes out now').waitFor();
      // Whoever looks at the wrong partner is shown where the deliveries are.
      await page.goto(`${own.url}/_sandbox/console#/timeline?client=client_quiet`);
      await page.getByText('client_quiet has none of the').getByRole('link').click();
      await page.locator('.tl-row').first().waitFor();
    }, {of: own});
  } finally {
    await own.stop();
    await answers.stop();
  }
});

test('each kind of resource is listed while one goes from one to another', async () => {
  await withPage('resources', async (page) => {
    for (const kind of ['Investors', 'Subscriptions', 'Documents', 'SPV requests', 'Investors']) {
      await page.getByRole('navigation', {name: 'Kinds of resources'}).getByRole('link', {name: kind}).click();
      await page.locator('.list-row').first().waitFor();
    }
  });
});

test('a hostile payload is text', async () => {
  const evil = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">\u202egpj.exe';
  const reordered = () => [...document.querySelectorAll('#app *')].filter((element) => element.children.length === 0 && /[\u202a-\u202e]/.test(element.textContent)).length;
  const answer = await sandbox.submit('hostile', {underlyingCompanySlug: evil});
  assert.equal(answer.status, 400);
  // One that the contract takes: names of share classes are free text.
  assert.equal((await sandbox.submit('hostile-name', {shareClasses: [{name: evil, slug: 'evil', managementFeePercent: '1', carryPercent: '1'}]})).status, 201);
  await withPage('review', async (page) => {
    await page.getByText('Attributes').first().click();
    await page.getByText('onerror').first().waitFor();
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.locator('.review-card img, .review-card script').count(), 0);
    assert.equal(await page.evaluate(reordered), 0);
  });
  await withPage('requests?failed=true', async (page) => {
    await page.getByRole('link', {name: /validation_error/}).first().click();
    await page.getByRole('cell', {name: /<script>/}).first().waitFor();
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.locator('.detail img, .detail script').count(), 0);
    await page.getByText('errorId').first().waitFor();
    assert.equal(await page.evaluate(reordered), 0);
    // What nobody of us wrote stands in addresses, too.
    await page.goto(at(`deliveries?client=${encodeURIComponent(evil)}`));
    await page.getByText('has none of the').waitFor();
    assert.equal(await page.evaluate(reordered), 0);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
  });
});

test('a delivery shows how its signature follows, and verifies it against a secret', async () => {
  await withPage('deliveries?type=spv_request.created', async (page) => {
    await page.locator('.list-row').first().click();
    await page.getByRole('button', {name: 'Use the partner’s secret'}).click();
    await page.getByRole('button', {name: 'Verify this signature'}).click();
    await page.getByText('The signature follows from this secret.').waitFor();
    await page.getByLabel('Verify against a secret').fill('whsec_wrong');
    await page.getByRole('button', {name: 'Verify this signature'}).click();
    await page.getByText('does not follow from this secret').waitFor();
  });
});

test('two partners are told apart', async () => {
  await withPage('partners', async (page) => {
    await page.getByRole('button', {name: 'New partner'}).click();
    await page.getByLabel('Name').fill('Beta Portal');
    await page.getByRole('button', {name: 'Register'}).click();
    await page.getByText('It is shown this once').waitFor();
    await page.getByText('BEGIN PRIVATE KEY').waitFor();
    await page.keyboard.press('Escape');
    await sandbox.submit('of-beta', {}, 'client_beta_portal');
    await page.goto(at('deliveries?client=client_beta_portal'));
    await page.getByText('1 delivery', {exact: true}).waitFor();
    await page.getByLabel('Partner').selectOption('client_acme');
    await page.locator('.list-row').nth(3).waitFor();
  });
});

test('the keyboard is enough', async () => {
  await withPage('timeline', async (page) => {
    await page.locator('.tl-row').first().waitFor();
    await page.keyboard.press('?');
    await page.getByRole('heading', {name: 'Keys'}).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    await page.locator('.list-row').first().waitFor();
    await page.locator('.list-row').first().focus();
    await page.keyboard.press('j');
    const second = await page.evaluate(() => document.activeElement.dataset.key);
    await page.keyboard.press('Enter');
    await page.locator('.detail h2').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.detail').waitFor({state: 'hidden'});
    assert.equal(await page.evaluate(() => document.activeElement.dataset.key), second);
    await page.keyboard.press('/');
    assert.ok(await page.evaluate(() => document.activeElement.matches('[data-search]')));
  });
});

test('a restarted sandbox is noticed, and a lost one comes back', async () => {
  const own = await startSandbox([]);
  await withPage('timeline', async (page) => {
    await page.getByText('Nothing was delivered yet').waitFor();
    await own.stop();
    await page.getByText('The sandbox does not answer. What you see').waitFor();
    const again = await startSandbox([], own.port);
    try {
      await page.getByText('The sandbox was restarted').waitFor();
      await page.getByText('The sandbox does not answer. What you see').waitFor({state: 'hidden'});
    } finally {
      await again.stop();
    }
  }, {of: own});
});

test('the admin token is asked for once', async () => {
  const own = await startSandbox(['--admin-token', 'a-token-of-the-operator']);
  try {
    await withPage('timeline', async (page) => {
      await page.getByLabel('Admin token').fill('wrong-token-wrong-token');
      await page.getByRole('button', {name: 'Log in'}).click();
      await page.getByRole('alert').getByText(/wrong/).waitFor();
      await page.getByLabel('Admin token').fill('a-token-of-the-operator');
      await page.getByRole('button', {name: 'Log in'}).click();
      await page.getByText('Nothing was delivered yet').waitFor();
      await page.reload();
      await page.getByText('Nothing was delivered yet').waitFor();
    }, {of: own});
  } finally {
    await own.stop();
  }
});

for (const theme of ['light', 'dark']) {
  test(`no view has a serious finding of axe (${theme})`, async () => {
    await withPage('timeline', async (page) => {
      await page.locator('.tl-row').first().waitFor();
      const findings = [];
      const look = async (name) => {
        await page.evaluate(await readFile(AXE, 'utf8'));
        const {violations} = await page.evaluate(() => window.axe.run(document, {resultTypes: ['violations']}));
        const serious = violations.filter((each) => ['serious', 'critical'].includes(each.impact)).map((each) => `${name}: ${each.id} ${each.nodes.map((node) => node.target).slice(0, 3).join(' ')}`);
        findings.push(...serious);
      };
      const {deliveryId} = (await sandbox.call('GET', '/_sandbox/webhook-deliveries?status=delivered')).body.documents[0];
      const refused = (await sandbox.call('GET', '/_sandbox/requests?errorCode=validation_error')).body.documents[0].sequence;
      for (const view of [...VIEWS, `deliveries/${deliveryId}`, `requests/${refused}`]) {
        await page.goto(at(view));
        await page.locator('.view').waitFor();
        await page.locator('.spinner').first().waitFor({state: 'detached'});
        await look(view);
      }
      for (const reference of ['/docs', '/_sandbox/docs']) {
        await page.goto(sandbox.url + reference);
        await page.locator('.docs').waitFor();
        await look(reference);
      }
      assert.deepEqual(findings, []);
    }, {theme});
  });
}

test('a phone scrolls no view sideways', async () => {
  await withPage('timeline', async (page) => {
    for (const view of VIEWS) {
      await page.goto(at(view));
      await page.locator('.view').waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${view} is ${wide}px too wide`);
    }
    for (const reference of ['/docs', '/_sandbox/docs']) {
      await page.goto(sandbox.url + reference);
      await page.getByText('offline, from this').waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${reference} is ${wide}px too wide`);
    }
  }, {width: 360, height: 740});
});

test('a phone cuts nothing off at its right edge', async () => {
  // What scrolls by itself may be wider.
  const cut = () => [...document.querySelectorAll('#app *')].filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && element.checkVisibility()
    && !element.closest('.nav, .tabs, .scroll-x, pre, .tl, .list')).map((element) => `${element.tagName}.${element.className}: ${element.textContent.slice(0, 40)}`);
  await sandbox.submit('cut-off');
  const {deliveryId} = (await sandbox.call('GET', '/_sandbox/webhook-deliveries')).body.documents[0];
  await sandbox.submit('long-words', {shareClasses: [{name: 'A', managementFeePercent: '2.00', carryPercent: '20.00', setupFee: {currency: 'XXX', value: '1.00'}}]});
  await withPage(`deliveries/${deliveryId}`, async (page) => {
    await page.getByText('Next one …').click();
    await page.getByRole('button', {name: 'comes with a forged copy before it'}).waitFor();
    assert.deepEqual(await page.evaluate(cut), []);
    await page.goto(at('requests?failed=true'));
    await page.getByRole('link', {name: /validation_error/}).first().click();
    await page.getByText(/setupFee.currency to/).waitFor();
    assert.deepEqual(await page.evaluate(cut), []);
  }, {width: 360, height: 740});
});

test('rows of a list take two lines where it is narrow, also when the window changes', async () => {
  for (const key of ['row-1', 'row-2']) await sandbox.submit(key);
  await withPage('deliveries', async (page) => {
    const heights = () => page.evaluate(() => [...document.querySelectorAll('.list-row')].map((row) => row.getBoundingClientRect()).map(({top, height}, index, all) => [height, index > 0 ? top - all[index - 1].top : height]).flat());
    await page.locator('.list-row').nth(1).waitFor();
    assert.deepEqual([...new Set(await heights())], [42]);
    await page.setViewportSize({width: 600, height: 740});
    await page.waitForFunction(() => document.querySelector('.list-row').getBoundingClientRect().height === 62);
    assert.deepEqual([...new Set(await heights())], [62]);
  });
});

test('the timeline counts down to the next attempt, and names partners once there are several', async () => {
  const own = await startSandbox(['--webhook-url', `${receiver.url}?status=500`]);
  try {
    await own.submit('counted');
    await own.call('POST', '/_sandbox/clock/advance', {by: '3h'});
    await withPage('timeline', async (page) => {
      const phrase = page.locator('.tl-row .tl-phrase').first();
      await page.getByText('5/6, next in').first().waitFor();
      assert.equal(await page.locator('.tl-group', {hasText: 'of client_acme'}).count(), 0);
      await own.call('POST', '/_sandbox/partners', {name: 'Other', clientId: 'client_other', generateKey: true});
      await page.locator('.tl-group', {hasText: 'of client_acme'}).waitFor();
      await own.call('PUT', '/_sandbox/clock', {mode: 'scaled', scale: 60, clientId: 'client_acme'});
      const before = await phrase.textContent();
      await page.waitForFunction((old) => document.querySelector('.tl-row .tl-phrase').textContent !== old, before);
      assert.match(await phrase.textContent(), /^5\/6, next in 11h/);
    }, {of: own});
  } finally {
    await own.stop();
  }
});

test('a phone scrolls no report sideways', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zest-reports-'));
  try {
    for (const [name, words] of [['certify', ['certify', '--webhook-url', receiver.url]], ['coverage', ['coverage', '--url', sandbox.url]]]) {
      const file = join(folder, `${name}.html`);
      // What certify thinks of the receiver is not the question here.
      await once(spawn(BINARY, [...words, '--html', file], {stdio: 'ignore'}), 'exit');
      const page = await (await browser.newContext({viewport: {width: 360, height: 740}})).newPage();
      await page.goto(`file://${file}`);
      await page.locator('main .card').first().waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${name} is ${wide}px too wide`);
      await page.context().close();
    }
  } finally {
    await rm(folder, {recursive: true});
  }
});

test('the API reference lists, unfolds and tries operations', async () => {
  const page = await openPage(browser, `${sandbox.url}/docs`);
  try {
    const card = page.locator('#createSpvRequest');
    await card.getByText('Try it, or copy it as curl').click();
    await card.getByText('co_acme').first().waitFor({state: 'attached'});
    await page.waitForFunction(() => document.querySelector('#createSpvRequest textarea').value.includes('co_acme-holdings'));
    await card.getByRole('button', {name: 'Send', exact: true}).click();
    await card.getByText('201', {exact: true}).nth(1).waitFor();
    await page.goto(`${sandbox.url}/_sandbox/docs#advanceClock`);
    await page.locator('#advanceClock').getByText('Exactly one of by, to, until.').waitFor();
    assert.deepEqual(page.problems, []);
  } finally {
    await page.context().close();
  }
});

test('coverage shows what was met, and copies what provokes the rest', async () => {
  const own = await startSandbox(['--clock', 'manual']);
  try {
    await withPage('coverage', async (page) => {
      await page.getByRole('heading', {name: 'Coverage 0 %'}).waitFor();
      await page.getByText('There is no webhook endpoint').waitFor();
      const operations = page.locator('#met-operations');
      await operations.getByText('23 missing').click();
      await operations.getByText(/^zest-sandbox trigger spv_request.created --url http/).waitFor();
      await own.submit('covered');
      await operations.getByText('createSpvRequest 1×').waitFor();
      assert.equal(await operations.locator('details').evaluate((details) => details.open), true, 'it stays open');
      await operations.getByRole('button', {name: 'Copy the command for health_check'}).click();
      await operations.getByText('Copied').waitFor();
    }, {of: own});
  } finally {
    await own.stop();
  }
});

test('webhooks are paused and resumed, the clock is set, a partner is reset', async () => {
  const own = await startSandbox(['--webhook-url', receiver.url]);
  try {
    await withPage('partners/client_acme', async (page) => {
      await page.getByRole('button', {name: 'Pause webhooks'}).click();
      await page.getByText('webhooks paused').first().waitFor();
      await own.submit('while-paused');
      assert.equal((await own.call('GET', '/_sandbox/webhook-deliveries')).body.documents[0].status, 'pending');
      await page.getByRole('button', {name: 'Resume webhooks'}).click();
      await page.getByRole('button', {name: 'Pause webhooks'}).waitFor();
      await own.call('POST', '/_sandbox/wait', {until: 'idle', timeout: '30s'});
      assert.equal((await own.call('GET', '/_sandbox/webhook-deliveries')).body.documents[0].status, 'delivered');

      await page.goto(at('clock', own));
      const modes = page.locator('main select').filter({hasText: 'manual: when advanced'});
      await modes.selectOption('scaled');
      await page.getByLabel('Times faster').fill('1000');
      await page.getByRole('button', {name: 'Set the clock'}).click();
      await page.getByText('scaled ×1000').first().waitFor();
      assert.equal((await own.call('GET', '/_sandbox/clock')).body.scale, 1000);

      await page.goto(at('partners/client_acme', own));
      await page.getByRole('button', {name: 'Reset its data …'}).click();
      await page.getByRole('dialog').getByRole('button', {name: 'Reset', exact: true}).click();
      await page.getByText(/^Reset: \d+ rows? cleared/).waitFor();
      assert.equal((await own.call('GET', '/_sandbox/webhook-deliveries')).body.count, 0);
    }, {of: own});
  } finally {
    await own.stop();
  }
});

test('a snapshot is saved, and loaded again', async () => {
  const own = await startSandbox([]);
  try {
    await own.submit('kept');
    await withPage('partners', async (page) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', {name: 'Save a snapshot'}).click()]);
      const path = await download.path();
      assert.equal(JSON.parse(await readFile(path, 'utf8')).spvRequests.length, 1);
      await page.getByRole('button', {name: 'Reset everything …'}).click();
      await page.getByRole('dialog').getByRole('button', {name: 'Reset', exact: true}).click();
      await page.getByText(/^Reset: \d+ rows? cleared/).waitFor();
      assert.equal((await own.call('GET', '/_sandbox/spv-requests')).body.count, 0);
      await page.getByLabel('Snapshot file').setInputFiles({name: 'kept.json', mimeType: 'application/json', buffer: await readFile(path)});
      await page.getByRole('dialog').getByRole('button', {name: 'Replace everything'}).click();
      await page.getByText('kept.json is loaded').waitFor();
      assert.equal((await own.call('GET', '/_sandbox/spv-requests')).body.count, 1);
    }, {of: own});
  } finally {
    await own.stop();
  }
});

// What a shell makes of a line that was copied from a page.
async function shell(line) {
  const child = spawn('bash', ['-c', line], {stdio: ['ignore', 'pipe', 'inherit']});
  let text = '';
  child.stdout.on('data', (part) => { text += part; });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, line);
  return text;
}

test('a delivery copied as curl reaches the receiver with a signature that holds', async () => {
  const own = await startSandbox(['--webhook-url', receiver.url]);
  try {
    await own.submit('copied');
    await own.call('POST', '/_sandbox/wait', {until: 'idle', timeout: '30s'});
    const {deliveryId} = (await own.call('GET', '/_sandbox/webhook-deliveries')).body.documents[0];
    await withPage(`deliveries/${deliveryId}`, async (page) => {
      await page.locator('.detail').getByRole('button', {name: 'Copy as curl'}).first().click();
      const line = await page.evaluate(() => navigator.clipboard.readText());
      assert.match(line, /^curl /);
      await shell(line);
      const [first, second] = receiver.seen.filter((each) => each.headers['zest-event-id'] === deliveryId);
      assert.equal(second.body, first.body);
      assert.equal(second.headers['zest-signature'], first.headers['zest-signature']);
    }, {of: own});
  } finally {
    await own.stop();
  }
});

test('an uploaded picture is shown', async () => {
  const own = await startSandbox([]);
  try {
    const token = (await own.call('POST', '/_sandbox/partners/client_acme/token', {})).body.accessToken;
    const bearer = {Authorization: `Bearer ${token}`};
    const {spvRequestSlug} = (await own.submit('pictured')).body;
    const spv = (await own.call('POST', `/_sandbox/spv-requests/${spvRequestSlug}/approve`, {})).body.materialisedRefs.vehicleSlug;
    const investors = [{partnerInvestorId: 'i-1', email: 'a@example.com', firstName: 'Ada', lastName: 'L', dateOfBirth: '1990-01-01'}];
    const person = (await own.call('POST', '/v1/investors', {investors}, bearer)).body.results[0].zestPersonId;
    const subscriptions = [{zestPersonId: person, lumpSum: {currency: 'USD', value: '25000.00'}, shareClassSlug: 'sc_classA'}];
    await own.call('POST', `/v1/spvs/${spv}/subscriptions`, {subscriptions}, bearer);
    const form = new FormData();
    form.append('file', new Blob([Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')], {type: 'image/png'}), 'form.png');
    assert.equal((await fetch(`${own.url}/v1/spvs/${spv}/subscription/${person}/forms`, {method: 'POST', headers: bearer, body: form})).status, 201);
    await withPage('resources/uploads', async (page) => {
      await page.getByText('image/png').first().click();
      await page.waitForFunction(() => document.querySelector('img.document')?.naturalWidth === 1);
    }, {of: own});
  } finally {
    await own.stop();
  }
});

test('the curl lines of the reference work when pasted', async () => {
  const page = await openPage(browser, `${sandbox.url}/docs`);
  try {
    const tokenLine = await page.locator('#authentication pre').first().textContent();
    const card = page.locator('#listSpvRequests');
    await card.getByText('Try it, or copy it as curl').click();
    const line = await card.locator('pre').filter({hasText: 'curl -s'}).last().textContent();
    const answer = JSON.parse(await shell(`${tokenLine}\n${line}`));
    assert.ok(Array.isArray(answer.documents), JSON.stringify(answer));
  } finally {
    await page.context().close();
  }
});

test('the reference shows the webhooks with their payloads', async () => {
  const page = await openPage(browser, `${sandbox.url}/docs#webhook-subscription.created`);
  try {
    const card = page.locator('[id="webhook-subscription.created"]');
    await card.getByText('lumpSum').first().waitFor();
    await card.getByText('Example').click();
    await card.getByText('"eventType"').waitFor();
    assert.equal(await page.locator('[id^="webhook-"].operation').count(), 9);
    assert.deepEqual(page.problems, []);
  } finally {
    await page.context().close();
  }
});

test('a pan changes at most 200 nodes a step, with five thousand deliveries', async () => {
  const own = await startSandbox(['--webhook-url', receiver.url]);
  try {
    const token = (await own.call('POST', '/_sandbox/partners/client_acme/token', {})).body.accessToken;
    receiver.fails = () => true;
    for (let batch = 0; batch < 5; batch += 1) {
      const investors = Array.from({length: 1000}, (_, i) => ({partnerInvestorId: `i-${batch}-${i}`, email: 'a@example.com', firstName: 'Ada', lastName: 'L', dateOfBirth: '1990-01-01'}));
      assert.equal((await own.call('POST', '/v1/investors', {investors}, {Authorization: `Bearer ${token}`})).status, 200);
    }
    await own.call('POST', '/_sandbox/clock/advance', {by: '40s'});
    await withPage('timeline', async (page) => {
      await page.locator('.tl-row .mark').first().waitFor();
      for (let i = 0; i < 8; i += 1) await page.getByRole('button', {name: 'Zoom in (+)'}).click();
      const most = await page.evaluate(async () => {
        const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        const chart = document.querySelector('.tl');
        const settled = async () => {
          for (let i = 0; i < 40; i += 1) await frame();
        };
        await settled();
        let changes = 0;
        const count = (records) => {
          for (const record of records) changes += record.type === 'childList' ? [...record.addedNodes, ...record.removedNodes].reduce((sum, node) => sum + 1 + (node.querySelectorAll?.('*').length ?? 0), 0) : 1;
        };
        const observer = new MutationObserver(count);
        observer.observe(chart, {subtree: true, childList: true, attributes: true, characterData: true});
        let worst = 0;
        for (let step = 0; step < 60; step += 1) {
          changes = 0;
          chart.dispatchEvent(new WheelEvent('wheel', {deltaX: 80, bubbles: true, cancelable: true}));
          await new Promise((done) => requestAnimationFrame(done));
          count(observer.takeRecords());
          worst = Math.max(worst, changes);
        }
        return worst;
      });
      assert.ok(most > 0 && most <= 200, `${most} nodes changed in one step`);
    }, {of: own});
  } finally {
    receiver.fails = () => false;
    await own.stop();
  }
});
