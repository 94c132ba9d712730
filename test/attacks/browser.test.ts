import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { routes } from '../../web/server';
import { openPage, startChromium } from '../web/support/chromium';
import { type House, makeHouse } from '../web/support/house';
import { FakeRunner } from '../web/support/runner';

/** Each would call `alert`, leave the page or load something, if it were ever more than text. */
const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg/onload=alert(1)>',
  "'-alert(1)-'",
  '</textarea></title><iframe srcdoc="<script>parent.alert(1)</script>">',
  '{{constructor.constructor("alert(1)")()}}',
  '<a href="javascript:alert(1)">click</a>',
  '<base href="http://evil.example/"><form action="http://evil.example/">',
  '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
  '<!--<img src="--><img src=x onerror=alert(1)//">',
];
const IN_LOGS = [
  ...HOSTILE,
  '\u001b]8;;javascript:alert(1)\u0007click\u001b]8;;\u0007',
  '\u001b]0;title\u0007\u001b[2J\u001b[31m<b onclick=alert(1)>red\u001b[0m',
  '\u001b[31;<img src=x onerror=alert(1)>m',
  'javascript:alert(1) http://x.example/"onmouseover="alert(1) http://y.example/<script>alert(1)</script>',
  '\u202e<script>alert(1)</script>',
];

describe('a page in Chromium', function () {
  this.timeout(60_000);
  let chrome: Browser;
  let house: House;
  before(async function () {
    chrome = await startChromium(this);
  });
  after(() => chrome?.close());
  beforeEach(async () => {
    house = await makeHouse();
    await house.post('/api/v1/apps', { name: 'storefront' });
  });
  afterEach(() => house.close());

  const deliver = (ref: string, pusher: string) =>
    house.engine.deliveries.accept(
      { app: 'storefront', source: 'test', ref, before: '0'.repeat(40), after: 'a'.repeat(40), pusher },
      `user:${pusher}`,
    );

  it('carries out nothing of a log, whatever was written into it [S22]', async () => {
    await deliver('refs/heads/main', 'owner');
    const runner = new FakeRunner(house.engine);
    await runner.log(await runner.take(), IN_LOGS.map((line) => `10:00:00.000 ${line}\n`).join(''));
    const { page, problems, spied } = await spiedPage(chrome, house, '/apps/storefront/runs/1');
    await page.locator(`#L${IN_LOGS.length}`).waitFor();
    for (const link of await page.locator('#log a').all()) {
      expect(await link.getAttribute('href')).to.match(/^(\?|#|\/apps\/)/);
    }
    for (const tag of ['script', 'img', 'svg', 'iframe', 'form', 'b', 'base', 'meta']) {
      expect(await page.locator(`#log ${tag}`).count(), tag).to.equal(0);
    }
    await page.mouse.move(200, 300);
    expect([problems, spied]).to.deep.equal([[], []]);
    await page.close();
  });

  it('shows names, authors, titles and reasons of others as text, on every page [S24]', async () => {
    for (const [i, name] of HOSTILE.entries()) {
      const ref = `refs/heads/${name
        .replace(/[\s:?*[\\^~"]/g, '/')
        .replace(/\/{2,}/g, '/')
        .slice(0, 60)}`;
      await house.engine.deliveries.accept(
        {
          app: 'storefront',
          source: name,
          ref,
          before: '0'.repeat(40),
          after: (i + 1).toString(16).repeat(40),
          pusher: name,
        },
        `user:${name}`,
      );
    }
    const runner = new FakeRunner(house.engine);
    for (const text of HOSTILE) await runner.fail(text, `${text}\n`);
    const { page, problems, spied } = await spiedPage(chrome, house, '/');
    for (const path of ['/', '/apps/storefront', ...HOSTILE.map((_, i) => `/apps/storefront/runs/${i + 1}`)]) {
      await page.goto(house.web.url + path);
      await page.waitForLoadState('load');
      expect(
        await page.locator('main img, main svg[onload], main iframe, main base, main meta').count(),
        path,
      ).to.equal(0);
      expect(await page.locator('a[href^="javascript:"]').count(), path).to.equal(0);
    }
    expect(await page.content()).to.include('alert(1)');
    expect([problems, spied]).to.deep.equal([[], []]);
    await page.close();
  });

  it('of another site sends none of its forms, neither by itself nor by a click [S25]', async () => {
    await deliver('refs/heads/main', 'owner');
    const actions = routes
      .filter(({ method, permission }) => method === 'POST' && permission === 'page')
      .map(({ path }) => path.replace(':app', 'storefront').replace(/:\w+/g, '1'));
    const forms = actions.map((action) => `<form method="post" action="${house.web.url}${action}"></form>`).join('');
    const call = `fetch('${house.web.url}/api/v1/apps', { method: 'POST', credentials: 'include', mode: 'no-cors', body: '{"name":"evil"}' })`;
    const evil = await serve(`<!doctype html>${forms}<script>${call}.catch(() => 0)</script>`);
    const context = await chrome.newContext();
    await openPage(context, house, '/apps/storefront');
    expect(actions.length).to.be.above(5);
    for (const host of ['127.0.0.1', 'localhost']) {
      // Of another site no cookie comes along at all; three forms show that as well as all.
      for (const [i, action] of actions.slice(0, host === 'localhost' ? 3 : undefined).entries()) {
        const victim = await chrome.newContext({ storageState: await context.storageState() });
        const other = await victim.newPage();
        await other.goto(`http://${host}:${evil.port}/`);
        const answered = other.waitForResponse((answer) => answer.url() === house.web.url + action);
        await other.evaluate(`document.forms[${i}].submit()`);
        expect((await answered).status(), `${host}: ${action}`).to.be.oneOf([303, 403]);
        await victim.close();
      }
    }
    const runs = await house.json<{ items: { state: string }[] }>('/api/v1/apps/storefront/runs');
    expect(runs.items.map(({ state }) => state)).to.deep.equal(['queued']);
    expect((await house.json<{ items: unknown[] }>('/api/v1/apps')).items).to.have.length(1);
    await context.close();
    evil.server.close();
  }).timeout(150_000);

  it('is shown in no frame of another one [S26]', async () => {
    const context = await chrome.newContext();
    await openPage(context, house, '/apps/storefront');
    const evil = await serve(`<!doctype html><iframe src="${house.web.url}/apps/storefront"></iframe>`);
    const other = await context.newPage();
    await other.goto(`http://127.0.0.1:${evil.port}/`);
    const frame = other.frames()[1];
    expect(await frame?.evaluate('document.body ? document.body.innerText : ""').catch(() => '')).to.not.include(
      'storefront',
    );
    await context.close();
    evil.server.close();
  });

  it('hands its session to no script and no other site [S35]', async () => {
    const context = await chrome.newContext();
    const { page } = await openPage(context, house, '/apps/storefront');
    expect(await page.evaluate('document.cookie')).to.equal('');
    const [cookie] = await context.cookies();
    expect(cookie).to.include({ httpOnly: true, sameSite: 'Strict' });
    const evil = await serve('<!doctype html>');
    const other = await context.newPage();
    await other.goto(`http://localhost:${evil.port}/`);
    const read = `fetch('${house.web.url}/api/v1/status', { credentials: 'include' }).then(() => 'read', () => 'refused')`;
    expect(await other.evaluate(read)).to.equal('refused');
    await context.close();
    evil.server.close();
  });
});

/** Signed in, at this path; in `spied` is what came of markup that was carried out. */
async function spiedPage(chrome: Browser, house: House, path: string) {
  const opened = await openPage(chrome, house, '/');
  const spied: string[] = [];
  const { page } = opened;
  page.on('dialog', (dialog) => {
    spied.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(house.web.url)) spied.push(`a request to ${request.url()}`);
  });
  page.on('framenavigated', (frame) => leftIn(frame.url(), house, spied));
  await page.addInitScript(
    `document.addEventListener('securitypolicyviolation', (e) => console.error('CSP ' + e.violatedDirective))`,
  );
  await page.goto(house.web.url + path);
  return { ...opened, spied };
}

function leftIn(url: string, house: House, spied: string[]): void {
  if (!url.startsWith(house.web.url)) spied.push(`left for ${url}`);
}

/** A page of somebody else. */
async function serve(html: string): Promise<{ server: Server; port: number }> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}
