import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { routes } from '../../web/server';
import { type House, makeHouse } from '../web/support/house';
import { curl, requireProgram, run } from './support/clients';

describe('a token that is guessed', () => {
  let house: House;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-attack-'));
    house = await makeHouse();
    await house.post('/api/v1/apps', { name: 'storefront' });
  });
  afterEach(async () => {
    await house.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is not found by hydra at the remote of Git, whoever it says it is [S34]', async function () {
    this.timeout(60_000);
    requireProgram(this, 'hydra');
    const [users, words] = [join(folder, 'users'), join(folder, 'words')];
    await writeFile(users, 'owner\nadmin\nroot\nuser:owner\n');
    await writeFile(words, [...GUESSES, house.token.slice(0, -1), `${house.token}0`].join('\n'));
    const { port } = new URL(house.web.url);
    const where = ['-s', port, '127.0.0.1', 'http-get', '/git/storefront.git/info/refs?service=git-upload-pack'];
    const { stdout } = await run('hydra', ['-I', '-L', users, '-P', words, '-t', '4', ...where]);
    expect(stdout)
      .to.include('0 valid password')
      .and.not.match(/\[http-get\] host:.*login:/);
  });

  it('is told from a right one by nothing but the answer: not by words, length or time [S34]', async () => {
    const ask = async (token: string) => {
      const began = performance.now();
      const { status, body } = await curl(`${house.web.url}/api/v1/status`, [
        '--header',
        `Authorization: Bearer ${token}`,
      ]);
      return { took: performance.now() - began, told: `${status} ${body}` };
    };
    const near = `${house.token.slice(0, -1)}${house.token.endsWith('0') ? '1' : '0'}`;
    const told = new Set<string>();
    const times: Record<'near' | 'far', number[]> = { near: [], far: [] };
    for (let i = 0; i < 25; i++) {
      for (const [kind, token] of [
        ['near', near],
        ['far', `gantry_${'x'.repeat(40)}`],
      ] as const) {
        const { took, told: words } = await ask(token);
        told.add(words);
        times[kind].push(took);
      }
    }
    const median = (all: number[]) => all.toSorted((a, b) => a - b)[12] ?? 0;
    expect(told.size).to.equal(1);
    expect([...told][0]).to.match(/^401 /);
    expect(Math.abs(median(times.near) - median(times.far)), 'ms').to.be.below(10);
  }).timeout(30_000);
});

describe('SQL in an address', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse();
    await house.post('/api/v1/apps', { name: 'storefront' });
    const push = { app: 'storefront', source: 'test', ref: 'refs/heads/main', before: '0'.repeat(40), pusher: 'owner' };
    await house.engine.deliveries.accept({ ...push, after: 'a'.repeat(40) }, 'user:owner');
  });
  afterEach(() => house.close());

  it('is found in no list by sqlmap [S38]', async function () {
    this.timeout(180_000);
    requireProgram(this, 'sqlmap');
    const folder = await mkdtemp(join(tmpdir(), 'gantry-attack-'));
    const addresses = [
      '/api/v1/apps/storefront/runs?state=queued&limit=5&before=9',
      '/api/v1/audit?chain=storefront&limit=5&before=9',
      '/api/v1/apps/storefront*/runs/1*',
    ];
    for (const address of addresses) {
      const as = ['--headers', `Authorization: Bearer ${house.token}`, '--output-dir', folder];
      const how = [
        '--batch',
        '--level',
        '1',
        '--risk',
        '1',
        '--technique',
        'BEUT',
        '--threads',
        '4',
        '--timeout',
        '10',
      ];
      const quiet = ['--disable-coloring', '--ignore-code', '400,404,409,422', '--flush-session', '--time-sec', '2'];
      const { stdout } = await run('sqlmap', ['-u', house.web.url + address, ...as, ...how, ...quiet]);
      expect(stdout, address).to.match(/all tested parameters do not appear to be injectable|no parameter\(s\) found/);
      expect(stdout, address).to.not.match(/is vulnerable|identified the following injection/);
    }
    await rm(folder, { recursive: true, force: true });
  });

  it('changes no answer, in any parameter that a route has [S38]', async () => {
    const words = [
      "' or '1'='1",
      "1' union select token_hash from tokens--",
      '1;drop table runs',
      '%',
      "') or 1=1--",
      '\u0000',
      '1 asc',
    ];
    for (const route of routes.filter(({ api, method }) => api !== undefined && method === 'GET')) {
      const query = Object.keys(route.api?.query?.shape ?? {});
      for (const name of query) {
        for (const word of words) {
          const path = route.path.replace(':app', 'storefront').replace(/:\w+/g, '1');
          const url = `${house.web.url}${path}?${new URLSearchParams({ [name]: word })}`;
          const { status, body } = await curl(url, [
            '--max-time',
            '5',
            '--header',
            `Authorization: Bearer ${house.token}`,
          ]);
          expect(status, `${route.path} ${name}=${word}: ${body.slice(0, 200)}`).to.be.below(500);
          expect(body).to.not.match(/syntax error|SQLITE_|no such (table|column)/i);
        }
      }
    }
    expect(await house.engine.runs.list({ limit: 10 })).to.have.length(1);
  }).timeout(120_000);
});

const GUESSES = [
  '',
  'admin',
  'password',
  'gantry',
  'gantry_',
  'token',
  '123456',
  'null',
  'undefined',
  'true',
  '0',
  '*',
  '%',
  "' or 1=1--",
];
