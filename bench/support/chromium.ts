import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian's own. */
export const CHROMIUM = '/usr/bin/chromium';
const OPTIONS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const hasChromium = (): boolean => existsSync(CHROMIUM);

/** A real browser with an empty profile. @throws Error when Debian's Chromium is not there */
export const launchChromium = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: OPTIONS });
