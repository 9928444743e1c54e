// The console in a real browser, against the real binary.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {after, before, test} from 'node:test';
import {AXE, openPage, startBrowser, startReceiver, startSandbox} from './world.mjs';

const VIEWS = ['timeline', 'deliveries', 'requests', 'review', 'resources', 'resources/subscriptions', 'clock', 'chaos', 'partners', 'partners/client_acme', 'compose'];
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

test('a hostile payload is text', async () => {
  const evil = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">';
  const answer = await sandbox.submit('hostile', {underlyingCompanySlug: evil});
  assert.equal(answer.status, 400);
  // One that the contract takes: names of share classes are free text.
  assert.equal((await sandbox.submit('hostile-name', {shareClasses: [{name: evil, slug: 'evil', managementFeePercent: '1', carryPercent: '1'}]})).status, 201);
  await withPage('review', async (page) => {
    await page.getByText('Attributes').first().click();
    await page.getByText('onerror').first().waitFor();
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.locator('.review-card img, .review-card script').count(), 0);
  });
  await withPage('requests?failed=true', async (page) => {
    await page.getByRole('link', {name: /validation_error/}).first().click();
    await page.getByRole('cell', {name: /<script>/}).first().waitFor();
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.locator('.detail img, .detail script').count(), 0);
    await page.getByText('errorId').first().waitFor();
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
      for (const view of VIEWS) {
        await page.goto(at(view));
        await page.locator('.view').waitFor();
        await page.locator('.spinner').first().waitFor({state: 'detached'});
        await page.evaluate(await readFile(AXE, 'utf8'));
        const {violations} = await page.evaluate(() => window.axe.run(document, {resultTypes: ['violations']}));
        const serious = violations.filter((each) => ['serious', 'critical'].includes(each.impact)).map((each) => `${view}: ${each.id} ${each.nodes.map((node) => node.target).slice(0, 3).join(' ')}`);
        findings.push(...serious);
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
  }, {width: 360, height: 740});
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
    await page.locator('#advanceClock').waitFor();
    assert.deepEqual(page.problems, []);
  } finally {
    await page.context().close();
  }
});

test('a pan changes at most 200 nodes a step, with a thousand deliveries', async () => {
  const own = await startSandbox(['--webhook-url', receiver.url]);
  try {
    const token = (await own.call('POST', '/_sandbox/partners/client_acme/token', {})).body.accessToken;
    receiver.fails = () => true;
    for (let batch = 0; batch < 2; batch += 1) {
      const investors = Array.from({length: 500}, (_, i) => ({partnerInvestorId: `i-${batch}-${i}`, email: 'a@example.com', firstName: 'Ada', lastName: 'L', dateOfBirth: '1990-01-01'}));
      assert.equal((await own.call('POST', '/v1/investors', {investors}, {Authorization: `Bearer ${token}`})).status, 200);
    }
    await own.call('POST', '/_sandbox/clock/advance', {by: '40m'});
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
