import type { Browser, Page } from 'playwright-core';
import type { Workshop } from './bench';
import { launchChromium } from './chromium';

/** What a page has shown, and when: ms since 1970. */
export interface Shown {
  /** By name of the step: when it was shown as succeeded. */
  steps: Record<string, number>;
  /** For each line of a log: how long after its own time it was shown. */
  linesMs: number[];
}

/** @throws Error when Debian's Chromium is not there */
export async function startBrowser({ cleanup }: Workshop): Promise<Browser> {
  const browser = await launchChromium();
  cleanup.later(() => browser.close());
  return browser;
}

/** Opens the page as a person of its own (cookies and connections), and notes from within when it changes. */
export async function watchPage(browser: Browser, address: string, token: string): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(address);
  await page.fill('input[name=token]', token);
  await page.press('input[name=token]', 'Enter');
  await page.waitForURL(address);
  await page.waitForSelector('#log-panel');
  await page.evaluate(noteChanges);
  return page;
}

export const shownOn = (page: Page): Promise<Shown> => page.evaluate('shown');

/** Runs in the page. */
const noteChanges = `
  globalThis.shown = { steps: {}, linesMs: [] };
  const lines = new Set();
  const look = (isFirst) => {
    const now = Date.now();
    for (const link of document.querySelectorAll('.step-name')) {
      if (link.dataset.step in shown.steps || !link.parentElement.querySelector('.state-succeeded')) continue;
      shown.steps[link.dataset.step] = now;
    }
    const step = document.querySelector('#log').dataset.address;
    for (const line of document.querySelectorAll('#log .line')) {
      if (lines.has(step + line.id)) continue;
      lines.add(step + line.id);
      const time = line.querySelector('.line-time')?.textContent.trim();
      if (time && !isFirst) shown.linesMs.push(now - Date.parse(new Date(now).toISOString().slice(0, 11) + time + 'Z'));
    }
  };
  look(true);
  new MutationObserver(() => look(false)).observe(document.body, { childList: true, subtree: true, attributes: true });
`;
