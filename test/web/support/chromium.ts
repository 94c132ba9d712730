import type { Browser, Page } from 'playwright-core';
import { CHROMIUM, hasChromium, launchChromium } from '../../../bench/support/chromium';
import { skipBecause } from '../../support/skips';
import type { House } from './house';

/** A real browser with an empty profile; skips the test where there is none. */
export function startChromium(test: Mocha.Context): Promise<Browser> {
  if (!hasChromium()) skipBecause(test, `needs ${CHROMIUM}: apt-get install chromium`);
  return launchChromium();
}

/** A page at `path`, signed in by the form. What the browser complains about is collected in `problems`. */
export async function openPage(
  browser: Pick<Browser, 'newPage'>,
  house: House,
  path: string,
): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(`${house.web.url}${path}`);
  await page.fill('input[name=token]', house.token);
  await page.click('button.primary');
  await page.waitForURL(`${house.web.url}${path}`);
  return { page, problems };
}
