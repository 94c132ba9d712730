// Takes the pictures of the README from a Gantry that runs, for example after `./gantry demo`:
//
//   eval "$(./gantry env)" && node docs/pictures/take.js [DATA-FOLDER] [APP] [RUN] [TARGET-FOLDER]
//
// Needs Debian's chromium. The token is read from the data folder's client.json, as the command line does.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { chromium } = require('playwright-core');

const [folder = '.gantry', app = 'ledger', run = '2', target = __dirname] = process.argv.slice(2);
const OPTIONS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'];
/** `run-page` is the README's; the others are for whoever changes the pages. */
const PICTURES = [
  { name: 'run-page', path: `/apps/${app}/runs/${run}`, width: 1280, scheme: 'light', whole: true },
  { name: 'app-page', path: `/apps/${app}`, width: 1280, scheme: 'light' },
  { name: 'run-page-dark', path: `/apps/${app}/runs/${run}`, width: 1280, scheme: 'dark', whole: true },
  { name: 'run-page-narrow', path: `/apps/${app}/runs/${run}`, width: 390, scheme: 'light', whole: true },
];

async function take() {
  const { url, token } = JSON.parse(readFileSync(join(folder, 'client.json'), 'utf8'));
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: OPTIONS });
  try {
    const wanted = target === __dirname ? PICTURES.slice(0, 2) : PICTURES;
    for (const { name, path, width, scheme, whole = false } of wanted) {
      const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: scheme });
      const page = await context.newPage();
      await page.goto(`${url}${path}`);
      await page.fill('input[name=token]', token);
      await page.press('input[name=token]', 'Enter');
      await page.waitForURL(`${url}${path}`);
      await page.screenshot({ path: join(target, `${name}.png`), fullPage: whole });
      await context.close();
    }
  } finally {
    await browser.close();
  }
}

take().catch((error) => {
  console.error(`the pictures were not taken: ${error.message}`);
  process.exitCode = 1;
});
