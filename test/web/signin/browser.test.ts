import { expect } from 'chai';
import { Secret, TOTP } from 'otpauth';
import type { Browser, Page } from 'playwright-core';
import { startChromium } from '../support/chromium';
import { type House, makeHouse } from '../support/house';
import { PASSWORD, Person } from '../support/person';

describe('signing in with a real browser', function () {
  this.timeout(60_000);
  let house: House;
  let browser: Browser;
  let moved = 0;
  before(async function () {
    browser = await startChromium(this);
    house = await makeHouse({ clock: { now: () => Date.now() + moved } });
  });
  after(async () => {
    await browser?.close();
    await house?.close();
  });

  const codeFor = (seed: string) =>
    new TOTP({ secret: Secret.fromBase32(seed.replaceAll(' ', '')) }).generate({ timestamp: Date.now() + moved });
  async function newPage(problems: string[]): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    return page;
  }

  it('goes from the invitation over password and code to the pages, signs out, and in again', async () => {
    await Person.add(house, 'rita', { now: Date.now }, ['release-manager']);
    const { secret } = await house.engine.signin.invite('rita', 'user:owner');
    const problems: string[] = [];
    const page = await newPage(problems);
    await page.goto(`${house.web.url}/invitation/${secret}`);
    await page.fill('input[name=password]', PASSWORD);
    await page.fill('input[name=again]', PASSWORD);
    await page.click('button.primary');
    await page.waitForURL(/\/login\/enrol/);
    const picture = await page
      .locator('img[alt*=authenticator]')
      .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth);
    expect(picture, 'the picture is drawn').to.be.greaterThan(20);
    const seed = (await page.locator('main code').textContent()) ?? '';
    await page.fill('input[name=code]', codeFor(seed));
    await page.click('button.primary');
    expect(await page.locator('.codes li').count()).to.equal(10);
    await page.click('text=I have them');
    await page.waitForURL(`${house.web.url}/`);
    await page.click('text=Sign out');
    await page.waitForURL(/\/login$/);
    await page.goto(`${house.web.url}/me`);
    await page.fill('input[name=name]', 'rita');
    await page.fill('input[name=password]', PASSWORD);
    await page.click('button.primary');
    await page.waitForURL(/\/login\/code/);
    moved += 60_000;
    await page.fill('input[name=code]', codeFor(seed));
    await page.click('button.primary');
    await page.waitForURL(`${house.web.url}/me`);
    expect(await page.locator('h1').textContent()).to.equal('rita');
    expect(problems).to.deep.equal([]);
  });
});
