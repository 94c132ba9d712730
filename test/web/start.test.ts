import { expect } from 'chai';
import type { TriggersFound } from '../../engine/triggers/look';
import { signIn } from './support/browser';
import { WorkTree } from './support/git';
import { type House, makeHouse } from './support/house';

const PIPELINE = `app: shop
on:
  branches: [main, release/*]
  tags: [v*]
  manual:
    parameters:
      region: { type: choice, about: "Where <it> runs", of: [eu, us], default: us }
      rounds: { type: number, min: 1, max: 5 }
      dry-run: boolean
serve:
  image: {}
  port: 8080
  health: { path: /health }
`;

interface Started {
  run: number;
  ref: string;
  commit: string;
  parameters: Record<string, string>;
}
interface Refused {
  error: { code: string; message: string; next: string };
}

describe('starting a run over the web', () => {
  let house: House;
  let tree: WorkTree;
  /** Commits of main, the first one first. */
  const commits: string[] = [];
  before(async () => {
    house = await makeHouse();
    tree = await WorkTree.make();
    await house.post('/api/v1/apps', { name: 'shop' });
    await house.post('/api/v1/apps', { name: 'empty' });
    commits.push(await tree.commit('gantry.yml', PIPELINE), await tree.commit('more.txt', '1'));
    const main = commits[1] ?? '';
    await tree.git('tag', '-a', 'v1', '-m', 'first', commits[0] ?? '');
    await tree.git('branch', 'feature', main);
    await tree.git('checkout', '-q', '-b', 'release/1', main);
    commits.push(await tree.commit('gantry.yml', 'app: shop\nserv: {}\n'));
    await tree.git('checkout', '-q', '-b', 'release/2', main);
    await tree.git('rm', '-q', 'gantry.yml');
    await tree.git('commit', '-q', '-m', 'no pipeline');
    const remote = `${house.web.url.replace('://', `://me:${house.token}@`)}/git/shop.git`;
    const pushed = await tree.git('push', '-o', 'no-follow', remote, '--all');
    expect(pushed.code, pushed.text).to.equal(0);
    await tree.git('push', '-o', 'no-follow', remote, '--tags');
  });
  after(async () => {
    await tree.remove();
    await house.close();
  });

  const start = (body: object, app = 'shop') => house.post(`/api/v1/apps/${app}/runs`, body);
  const started = async (body: object): Promise<Started> => {
    const answer = await start(body);
    expect(answer.status, await answer.clone().text()).to.equal(201);
    return (await answer.json()) as Started;
  };
  const refused = async (body: object, app?: string): Promise<[number, Refused['error']]> => {
    const answer = await start(body, app);
    return [answer.status, ((await answer.json()) as Refused).error];
  };
  const rounds = { parameters: { rounds: 2 } };

  it('takes the head of the default branch, with the values that were given and the defaults', async () => {
    const { run, ...rest } = await started(rounds);
    expect(rest).to.deep.equal({
      ...{ ref: 'refs/heads/main', commit: commits[1] },
      parameters: { region: 'us', rounds: '2', 'dry-run': 'false' },
    });
    const shown = await house.json(`/api/v1/apps/shop/runs/${run}`);
    expect(shown).to.deep.include({ trigger: 'start', startedBy: 'user:owner', parameters: rest.parameters });
  });

  it('takes a branch, a tag by the commit behind it, and a commit of a branch that is wanted', async () => {
    expect(await started({ ...rounds, ref: 'v1' })).to.deep.include({ ref: 'refs/tags/v1', commit: commits[0] });
    expect((await started({ ...rounds, ref: 'refs/heads/main' })).ref).to.equal('refs/heads/main');
    const old = await started({ ...rounds, ref: commits[0]?.slice(0, 10) });
    expect(old, 'main had it inside of a push').to.deep.include({ ref: 'refs/heads/release/1', commit: commits[0] });
    const head = await started({ ...rounds, ref: commits[1]?.slice(0, 10) });
    expect(head).to.deep.include({ ref: 'refs/heads/main', commit: commits[1] });
  });

  const refusals: [string, object, number, string, RegExp][] = [
    ['a branch that is not there', { ref: 'mian' }, 404, 'ref-unknown', /did you mean "main"/],
    ['a commit that is not there', { ref: 'f'.repeat(40) }, 404, 'ref-unknown', /no branch, tag or commit/],
    ['a branch that is not wanted', { ...rounds, ref: 'feature' }, 409, 'ref-unwanted', /wants main, release/],
    ['an option of git', { ref: '--upload-pack=touch' }, 404, 'ref-unknown', /no branch/],
    ['a range of commits', { ref: 'main..feature' }, 404, 'ref-unknown', /no branch/],
    ['a pattern', { ref: 'refs/heads/*' }, 404, 'ref-unknown', /no branch/],
    ['a ref that is neither', { ref: 'refs/pull/1/head' }, 404, 'ref-unknown', /no branch/],
    ['a commit without a pipeline', { ref: 'release/2' }, 409, 'pipeline-missing', /there is no gantry\.yml at/],
    ['a pipeline that is refused', { ref: 'release/1' }, 409, 'pipeline-refused', /is refused: gantry\.yml:\d+/],
    ['a value that is missing', {}, 400, 'parameters', /rounds is missing: it is a number from 1 to 5/],
    ['a value of another type', { parameters: { rounds: 'two' } }, 400, 'parameters', /"two"/],
    ['a misspelt name', { parameters: { round: 2, rounds: 2 } }, 400, 'parameters', /did you mean "rounds"/],
    ['a list', { parameters: { rounds: [2] } }, 400, 'body', /rounds/],
  ];
  for (const [what, body, status, code, words] of refusals) {
    it(`refuses ${what}`, async () => {
      const [found, error] = await refused(body);
      expect([found, error.code]).to.deep.equal([status, code]);
      expect(`${error.message} ${error.next}`).to.match(words);
    });
  }

  describe('of a commit that somebody brought among others', () => {
    let evil: string;
    const push = (...refs: string[]) =>
      tree.git(
        'push',
        '-f',
        '-o',
        'no-follow',
        `${house.web.url.replace('://', `://me:${house.token}@`)}/git/shop.git`,
        ...refs,
      );
    beforeEach(async () => {
      await tree.git('checkout', '-q', '-B', 'evil', commits[1] ?? '');
      evil = await tree.commit('gantry.yml', PIPELINE.replace('eu, us', 'eu, us, xx'));
      await tree.git('revert', '--no-edit', evil);
    });
    afterEach(async () => {
      await push(`${commits[1]}:refs/heads/main`, ':refs/heads/evil', ':refs/heads/release/3');
      await tree.git('checkout', '-q', 'main');
      await tree.git('reset', '-q', '--hard', commits[1] ?? '');
      await house.post('/api/v1/apps/shop/protected/remove', { kind: 'branch', pattern: 'release/*' });
    });
    const refusedAsStranger = async (branch: string) => {
      const [status, error] = await refused({ ...rounds, ref: evil });
      expect([status, error.code, error.message]).to.deep.equal([
        ...[409, 'ref-unknown', `${evil.slice(0, 12)} came to ${branch} with others, and never was its head`],
      ]);
    };

    it('is refused where a merge brought it: it never was the head of the branch', async () => {
      await tree.git('checkout', '-q', 'main');
      await tree.git('merge', '-q', '--no-ff', '--no-edit', 'evil');
      await push('main');
      await refusedAsStranger('main');
    });

    it('is refused where it lay inside of a push: the line of the branch alone proves nothing', async () => {
      await push('evil:main');
      await refusedAsStranger('main');
    });

    it('is let in where it was the head once, and where its branch has no secrets', async () => {
      await push(`${evil}:refs/heads/main`);
      await push('evil:main');
      expect(await started({ ...rounds, ref: evil })).to.deep.include({ ref: 'refs/heads/main', commit: evil });
      await tree.git('commit', '-q', '--allow-empty', '-m', 'inner');
      evil = (await tree.git('rev-parse', 'HEAD')).text.trim();
      await tree.git('commit', '-q', '--allow-empty', '-m', 'outer');
      await push('evil:release/3');
      expect(await started({ ...rounds, ref: evil })).to.deep.include({ ref: 'refs/heads/release/3', commit: evil });
      await house.post('/api/v1/apps/shop/protected', { kind: 'branch', pattern: 'release/*' });
      await refusedAsStranger('release/3');
    });
  });

  it('refuses what was never pushed to', async () => {
    expect((await refused({}, 'empty'))[1].message).to.include('nothing was pushed to the default branch of empty');
    expect((await refused({}, 'nowhere'))[1].code).to.equal('app-unknown');
  });

  it('is a form that asks for what the pipeline at that commit asks for', async () => {
    const browser = await signIn(house);
    expect(await browser.page('/apps/shop')).to.include('href="/apps/shop/start"');
    const page = await browser.page('/apps/shop/start');
    expect(page).to.include('Where &lt;it&gt; runs: one of eu, us').and.include('<option selected>us</option>');
    const empty = await browser.post('/apps/shop/start', { ref: 'main', 'set.rounds': '' });
    expect(empty.status).to.equal(400);
    expect(await empty.text()).to.include('rounds is missing');
    const answer = await browser.post('/apps/shop/start', {
      ...{ ref: 'main', 'set.region': 'eu', 'set.rounds': '4', 'set.dry-run': 'true', reason: 'a <try>' },
    });
    const address = answer.headers.get('location') ?? '';
    expect(address).to.match(/^\/apps\/shop\/runs\/\d+$/);
    const run = await browser.page(address);
    expect(run).to.include('It was started by hand: a &lt;try&gt;.').and.include('rounds <code>4</code>');
    expect((await house.json(`/api/v1${address}`)).parameters).to.deep.equal({
      ...{ region: 'eu', rounds: '4', 'dry-run': 'true' },
    });
  });

  it('is a form that says so when there is nothing to start', async () => {
    const browser = await signIn(house);
    const page = await browser.page('/apps/empty/start');
    expect(page).to.include('nothing was pushed to the default branch of empty yet').and.not.include('>Start</button>');
    expect(await browser.page('/apps/shop/start?ref=release/2')).to.include('there is no gantry.yml at');
  });

  it('stands beside what starts by itself, and what keeps that from starting', async () => {
    const { engine } = house;
    const look = async (found: TriggersFound) => {
      const [app] = (await engine.apps.list()).filter(({ name }) => name === 'shop');
      if (app === undefined) throw new Error('there is no app');
      const at = { ...app, ref: 'refs/heads/main', commit: commits[1] ?? '' };
      await engine.triggers.note(at, found);
    };
    const browser = await signIn(house);
    expect(await browser.page('/apps/shop')).not.to.include('Starts by itself');
    const schedule = [{ cron: '0 3 * * *', zone: 'Europe/Berlin', ref: null }];
    await look({ schedule, released: [{ app: 'ledger', stage: 'production' }] });
    const page = await browser.page('/apps/shop');
    expect(page).to.include('0 3 * * * Europe/Berlin, main').and.include('production of ledger');
    expect(page).to.match(/<td>\d{4}-\d\d-\d\d 03:00<\/td>/);
    await look({ reason: 'gantry.yml is <refused>' });
    expect(await browser.page('/apps/shop')).to.include('Nothing starts now: gantry.yml is &lt;refused&gt;');
    await look({ schedule: [], released: [] });
  });

  it('shows what starts by itself', async () => {
    const shown = await house.json('/api/v1/apps/shop/triggers');
    expect(shown).to.deep.include({ app: 'shop', ref: 'refs/heads/main', schedules: [], released: [], followed: [] });
  });
});
