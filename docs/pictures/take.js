// Takes the pictures of the README from a Gantry that runs, for example after `./gantry demo`:
//
//   eval "$(./gantry env)" && node docs/pictures/take.js [DATA-FOLDER] [APP] [RUN]
//
// Needs Debian's chromium. The token is read from the data folder's client.json, as the command line does.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { chromium } = require('playwright-core');

const [folder = '.gantry', app = 'ledger', run = '2'] = process.argv.slice(2);
const OPTIONS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'];

async function take() {
  const { url, token } = JSON.parse(readFileSync(join(folder, 'client.json'), 'utf8'));
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: OPTIONS });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(url);
    await page.fill('input[name=token]', token);
    await page.press('input[name=token]', 'Enter');
    await page.waitForURL(`${url}/`);
    await page.goto(`${url}/apps/${app}/runs/${run}`);
    await page.screenshot({ path: join(__dirname, 'run-page.png') });
    await page.goto(`${url}/apps/${app}`);
    await page.screenshot({ path: join(__dirname, 'app-page.png') });
  } finally {
    await browser.close();
  }
}

take().catch((error) => {
  console.error(`the pictures were not taken: ${error.message}`);
  process.exitCode = 1;
});
