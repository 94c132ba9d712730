import { expect } from 'chai';
import { Desk } from './support/command-line';
import { FakeGantry } from './support/fake-gantry';

const LINE = { sentAt: null, sentId: null, trouble: '', troubleAt: null, retryAt: null, waiting: 0 };

describe('gantry app show', () => {
  const desk = new Desk();
  const gantry = new FakeGantry();
  before(() => gantry.start());
  after(async () => {
    await gantry.stop();
    desk.clear();
  });
  const shown = async (told: unknown): Promise<string> => {
    const app = {
      name: 'shop',
      createdAt: 1,
      path: '.',
      remote: 'r',
      source: null,
      environments: [],
      lastRun: null,
      told,
    };
    gantry.on('GET /apps/shop', () => app);
    return (await desk.run(['app', 'show', 'shop'], { environment: gantry.environment, input: '' })).stdout;
  };

  it('says where statuses go', async () => {
    expect(await shown({ ...LINE, forge: 'github' })).to.match(/statuses +to github\n/);
  });

  it('says once why a forge does not take them', async () => {
    const trouble = 'github.com says that the token may not write statuses or comments (403)';
    expect(await shown({ ...LINE, forge: 'github', trouble, waiting: 12 })).to.include(
      `github does not take them: ${trouble}`,
    );
  });

  it('says that nothing tells which forge it is', async () => {
    expect(await shown({ ...LINE, forge: null })).to.include('nothing says which forge it is until its first webhook');
  });

  it('says nothing of them for an app without a token, or of an older Gantry', async () => {
    expect(await shown(null)).to.not.include('statuses');
    expect(await shown(undefined)).to.not.include('statuses');
  });
});
