import { expect } from 'chai';
import { EXIT } from '../../cli/errors';
import { refuse } from './support/fake-gantry';
import { SpeakingDesk } from './support/speaking-desk';

const REPORT = {
  removed: {
    runs: { count: 30, bytes: 0, digest: 'a' },
    artifacts: { count: 2, bytes: 3_400_000, digest: 'b' },
  },
  items: Array.from({ length: 30 }, (_, i) => ({ kind: 'runs', name: `shop#${i + 1}`, why: 'it is old', bytes: 0 })),
  stays: [{ kind: 'runs', why: 'it is the way back', count: 1 }],
  left: [{ kind: 'images', name: 'gantry-1/shop:e', why: 'a container uses it' }],
};
const EMPTY = { removed: {}, items: [], stays: [], left: [] };

describe('gantry prune', () => {
  let desk: SpeakingDesk;
  let kinds: unknown[];
  let report: object;
  beforeEach(async () => {
    desk = await SpeakingDesk.make();
    kinds = [];
    report = REPORT;
    const pass = (state: string, endedAt: number | null) => ({
      id: 'p1',
      kind: kinds.at(-1),
      state,
      endedAt,
      reason: '',
    });
    desk.gantry
      .on('POST /retention', ({ body }) => {
        kinds.push((body as { kind: string }).kind);
        return { ...pass('asked', null), report: EMPTY };
      })
      .on('GET /retention/passes/p1', () => ({ ...pass('done', 2), report }))
      .on('GET /retention/reaper', () => ({
        items: [
          { cluster: 'local', at: 1, doubtful: [{ kind: 'container', name: 'lost', why: 'it may serve' }], left: [] },
        ],
      }));
  });
  afterEach(() => desk.clear());

  it('only shows with --dry-run: how much, what, why, what stays, and what people have to look at', async () => {
    const { stdout, exit } = await desk.run('prune --dry-run');
    expect([exit, kinds]).to.deep.equal([EXIT.ok, ['look']]);
    expect(stdout).to.include('Would remove (3.4 MB)');
    expect(stdout)
      .to.match(/runs +30\n/)
      .and.to.match(/artifacts +2 +3\.4 MB\n/);
    expect(stdout)
      .to.match(/runs +shop#20 +it is old\n/)
      .and.to.include('… and 12 more');
    expect(stdout).to.match(/runs +1 +it is the way back\n/);
    expect(stdout).to.match(/container +lost +it may serve/);
    expect(stdout).to.match(/images +gantry-1\/shop:e +a container uses it/);
  });

  it('is one document with --json, with what the reaper left', async () => {
    const json = (await desk.run('prune --dry-run --json')).json() as { report: object; reaper: object[] };
    expect(json.report).to.deep.equal(REPORT);
    expect(json.reaper).to.have.length(1);
  });

  it('removes without asking with --yes, and tells what it removed', async () => {
    const { stdout, exit } = await desk.run('prune --yes');
    expect([exit, kinds]).to.deep.equal([EXIT.ok, ['prune']]);
    expect(stdout).to.include('Removed (3.4 MB)');
  });

  it('removes nothing when nobody can be asked', async () => {
    const { stderr, exit } = await desk.run('prune');
    expect(exit).to.not.equal(EXIT.ok);
    expect(kinds).to.deep.equal(['look']);
    expect(stderr).to.include('--yes');
  });

  it('says that there is nothing, and asks nobody', async () => {
    report = EMPTY;
    const { stdout, exit } = await desk.run('prune');
    expect([exit, kinds]).to.deep.equal([EXIT.ok, ['look']]);
    expect(stdout).to.include('Nothing is over for long enough.');
  });

  it('hands on why it is refused', async () => {
    desk.gantry.on('POST /retention', (_asked, response) =>
      refuse(response, 409, 'held', 'records came back', 'confirm'),
    );
    const { stderr, exit } = await desk.run('prune --yes');
    expect(exit).to.equal(EXIT.failed);
    expect(stderr).to.include('records came back');
  });

  it('fails when the pass did, with the reason', async () => {
    desk.gantry.on('GET /retention/passes/p1', () => {
      return { id: 'p1', kind: 'prune', state: 'failed', endedAt: 3, reason: 'the disk is full', report: EMPTY };
    });
    const { stderr, exit } = await desk.run('prune --yes');
    expect(exit).to.equal(EXIT.failed);
    expect(stderr).to.include('the disk is full');
  });
});
