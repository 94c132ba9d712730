import { expect } from 'chai';
import { routes } from '../../web/server';
import { type House, makeHouse } from './support/house';

/** What answers anybody. A new line here is a decision. */
const PUBLIC = [
  'GET /health/live',
  'GET /healthz',
  'GET /health/ready',
  'GET /readyz',
  'GET /health',
  'GET /static/:file',
  'GET /login',
  'POST /login',
  // What is shown there is a password, a code, an invitation, or a word of the provider.
  'GET /login/code',
  'POST /login/code',
  'GET /login/enrol',
  'POST /login/enrol',
  'GET /login/provider',
  'GET /login/provider/back',
  'GET /invitation/:invitation',
  'POST /invitation/:invitation',
  // A command line has nothing to show before its person lets it in.
  'POST /api/v1/login',
  'POST /api/v1/login/take',
];

const EXAMPLES: Record<string, string> = {
  app: 'storefront',
  number: '1',
  step: 'plan',
  repository: 'storefront.git',
  file: 'gantry.css',
};
const concrete = (path: string): string => path.replace(/:(\w+)/g, (_all, name: string) => EXAMPLES[name] ?? name);

describe('who may ask', () => {
  let house: House;
  before(async () => {
    house = await makeHouse();
    await house.post('/api/v1/apps', { name: 'storefront' });
  });
  after(() => house.close());

  it('names every public address', () => {
    const open = routes.filter((r) => r.permission === 'public').map((r) => `${r.method} ${r.path}`);
    expect(open).to.have.members(PUBLIC);
  });

  for (const route of routes.filter((r) => r.permission !== 'public')) {
    const query = route.path.includes('info/refs') ? '?service=git-upload-pack' : '';
    it(`refuses ${route.method} ${route.path} without a token, and with a wrong one`, async () => {
      const seen: string[] = [];
      for (const authorization of [undefined, 'Bearer gantry_wrong', 'Basic bWU6Z2FudHJ5X3dyb25n', 'Bearer ']) {
        const answer = await house.ask(concrete(route.path) + query, {
          as: 'nobody',
          method: route.method,
          headers: authorization === undefined ? {} : { authorization },
        });
        const text = await answer.text();
        if (route.permission === 'page') {
          expect(answer.status).to.equal(303);
          expect(answer.headers.get('location')).to.match(/^\/login/);
        } else expect(answer.status).to.equal(401);
        expect(text).to.not.include('owner');
        seen.push(text);
      }
      expect(new Set(seen), 'one answer whatever was wrong').to.have.property('size', 1);
    });
  }

  it('tells nothing about addresses that do not exist', async () => {
    for (const path of ['/api/v1/nothing', '/api/v2/status', '/internal/', '/static/../limits.ts', '/apps/x/y/z']) {
      expect((await house.ask(path, { as: 'nobody' })).status, path).to.equal(404);
    }
  });

  it('answers health and readiness to anybody', async () => {
    expect(await (await house.ask('/healthz', { as: 'nobody' })).json()).to.deep.equal({ ok: true });
    const ready = await house.ask('/readyz', { as: 'nobody' });
    expect(ready.status).to.equal(200);
    expect(await ready.json()).to.deep.equal({
      ready: true,
      checks: { sql: 'up', schema: 'up', bytes: 'up', bell: 'degraded', runners: 'degraded', audit: 'up' },
    });
  });
});
