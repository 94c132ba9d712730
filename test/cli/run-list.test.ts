import { expect } from 'chai';
import { RUN_STATE_NAMES } from '../../cli/api/types';
import { CommandError, EXIT } from '../../cli/errors';
import { EXIT_LINES } from '../../cli/help';
import { momentOf } from '../../cli/moment';
import { RUN_STATES } from '../../engine/model/states';
import { aRun, refuse } from './support/fake-gantry';
import { SpeakingDesk } from './support/speaking-desk';

describe('gantry run list', () => {
  let desk: SpeakingDesk;
  beforeEach(async () => {
    desk = await SpeakingDesk.make();
  });
  afterEach(() => desk.clear());

  const page = (numbers: readonly number[], next: string | null = null) => ({
    version: 1,
    items: numbers.map((number) => aRun({ number })),
    next,
  });

  it('narrows by app, state, time and person', async () => {
    await desk.run('run list --app shop --state failed,cancelled --since 2026-11-30 --mine --limit 5');
    expect(desk.gantry.asked[0]?.path).to.equal(
      '/apps/shop/runs?limit=5&state=failed%2Ccancelled&since=1795996800000&mine=1',
    );
    desk.gantry.on('GET /runs?limit=20&mine=1', () => page([]));
    expect((await desk.run('run list --mine')).stdout).to.equal('No such run.\n');
  });

  it('reads as many pages as it needs, and no more than that', async () => {
    const first = Array.from({ length: 200 }, (_, i) => 300 - i);
    desk.gantry
      .on('GET /runs?limit=200', () => page(first, '1.a'))
      .on('GET /runs?limit=50&before=1.a', () => page([100, 99], '1.b'))
      .on('GET /runs?limit=48&before=1.b', () => page([98]));
    const { items, next } = (await desk.run('run list --limit 250 --json')).json() as {
      items: object[];
      next: unknown;
    };
    expect([items.length, next]).to.deep.equal([203, null]);
    expect(desk.gantry.asked).to.have.length(3);
  });

  it('tells in one page where the next one begins', async () => {
    desk.gantry.on('GET /runs?limit=2', () => page([3, 2], '5.x'));
    expect((await desk.run('run list --limit 2 --json')).json()).to.deep.include({ version: 1, next: '5.x' });
  });

  it('refuses two apps, an unknown state, and a time that is none', async () => {
    for (const line of ['shop --app ledger', '--state fialed', '--since yesterday', '--limit 0', '--limit 10001']) {
      const { exit, stderr } = await desk.run(`run list ${line}`);
      expect(exit, line).to.equal(2);
      expect(stderr).to.match(/^gantry: .+\n$/);
    }
    expect(desk.gantry.asked).to.deep.equal([]);
  });

  it('knows every state of a run', () => {
    expect(RUN_STATE_NAMES).to.deep.equal(Object.keys(RUN_STATES));
  });
});

describe('a time in the past', () => {
  const NOW = Date.UTC(2026, 10, 30, 12);
  const times: [text: string, at: number][] = [
    ['2h', NOW - 2 * 3_600_000],
    ['7d', NOW - 7 * 86_400_000],
    ['2026-11-30', Date.UTC(2026, 10, 30)],
    ['2026-11-30T08:00', Date.UTC(2026, 10, 30, 8)],
    ['2026-11-30T08:00Z', Date.UTC(2026, 10, 30, 8)],
    ['2026-11-30T08:00:05+01:00', Date.UTC(2026, 10, 30, 7, 0, 5)],
  ];
  for (const [text, at] of times) {
    it(`is ${new Date(at).toISOString()} when ${text} is said at noon`, () => {
      expect(momentOf('since', text, NOW)).to.equal(at);
    });
  }
  for (const text of ['yesterday', '2 h', '2026-13-01', '30.11.2026', '']) {
    it(`is not "${text}"`, () => {
      expect(() => momentOf('since', text, NOW)).to.throw(CommandError, '--since is');
    });
  }
});

/** What programs rely on. A change here needs another version: see docs/api.md. */
describe('what commands promise to programs', () => {
  let desk: SpeakingDesk;
  beforeEach(async () => {
    desk = await SpeakingDesk.make();
  });
  afterEach(() => desk.clear());

  it('is these exit codes', () => {
    expect(EXIT).to.deep.equal({ ok: 0, failed: 1, usage: 2, silent: 3, denied: 4 });
    expect(EXIT_LINES.map(([code]) => Number(code))).to.deep.equal(Object.values(EXIT));
  });

  const UNCHANGED: [line: string, path: string][] = [
    ['status', '/status'],
    ['app list', '/apps'],
    ['app show shop', '/apps/shop'],
    ['run list shop', '/apps/shop/runs?limit=20'],
    ['run show shop 3', '/apps/shop/runs/3'],
    ['release list shop', '/apps/shop/releases'],
    ['release show shop 2', '/apps/shop/releases/2'],
  ];
  for (const [line, path] of UNCHANGED) {
    it(`is the answer of GET /api/v1${path.replace(/\?.*/, '')} for ${line} --json`, async () => {
      const answer = { ...EVERYTHING, next: null };
      desk.gantry.on(`GET ${path}`, () => answer);
      const { exit, stdout, stderr } = await desk.run(`${line} --json`);
      expect([exit, stderr]).to.deep.equal([0, '']);
      expect(JSON.parse(stdout)).to.deep.include(answer);
    });
  }

  it('is one error on stderr, with code, message and next', async () => {
    desk.gantry.on('GET /apps', (_, response) => refuse(response, 409, 'a-code', 'a message', 'a next act'));
    const { exit, stdout, stderr } = await desk.run('app list --json');
    expect([exit, stdout]).to.deep.equal([1, '']);
    expect(JSON.parse(stderr)).to.deep.equal({
      error: { code: 'a-code', message: 'a message', next: 'a next act' },
    });
  });
});

/** Whatever a command looks at is in it. */
const EVERYTHING = {
  ...aRun(),
  version: '1',
  name: 'shop',
  createdAt: 1,
  remote: 'r',
  source: null,
  environments: [],
  lastRun: null,
  items: [],
  user: { name: 'ann', roles: ['admin'] },
  gateway: null,
  domain: 'localhost',
  installation: 'x',
  roles: [],
  image: { state: 'kept', reason: '', size: 1, keptAt: 1, checkedAt: null },
  hash: 'h',
  record: {},
  unknown: 'a field that is newer than this command',
};
