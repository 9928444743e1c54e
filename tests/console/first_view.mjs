// Prints how many milliseconds of script the console's first view takes in a browser that has nothing of it yet:
//   ZEST_BROWSER_MODULES=build/browser node first_view.mjs http://127.0.0.1:8080
import {startBrowser} from './world.mjs';

const browser = await startBrowser();
try {
  const page = await (await browser.newContext({viewport: {width: 1440, height: 900}})).newPage();
  const tools = await page.context().newCDPSession(page);
  await tools.send('Performance.enable');
  await page.goto(`${process.argv[2]}/_sandbox/console`);
  await page.waitForSelector('main h1');
  await page.waitForLoadState('load');
  const {metrics} = await tools.send('Performance.getMetrics');
  console.log((metrics.find((each) => each.name === 'ScriptDuration').value * 1000).toFixed(1));
} finally {
  await browser.close();
}
