import { expect } from 'chai';
import { refuse } from './support/fake-gantry';
import { SpeakingDesk } from './support/speaking-desk';

const STATUS = {
  version: '1.0',
  installation: 'abc',
  solo: false,
  user: { name: 'ann', roles: ['admin'] },
  url: 'http://g',
  gateway: { host: '127.0.0.1', port: 8080 },
  domain: 'localhost',
  cluster: {},
  runs: { queued: 0, running: 12, waiting: 1, undoing: 0 },
};
const well = { name: 'bell', title: 'Queue', needed: false, state: 'up', since: 0, found: 'answers', next: '' };
const broken = { ...well, name: 'sql', title: 'Database', state: 'down', found: 'is full', next: 'make room' };

describe('gantry status', () => {
  let desk: SpeakingDesk;
  beforeEach(async () => {
    desk = await SpeakingDesk.make();
    desk.gantry.on('GET /status', () => STATUS);
  });
  afterEach(() => desk.clear());

  const health = (parts: object[], ready: boolean) =>
    desk.gantry.on('GET /health', (_asked, response) => {
      response.writeHead(ready ? 200 : 503).end(JSON.stringify({ ready, parts }));
    });

  it('shows who answers, and that all is well', async () => {
    health([well], true);
    const { exit, stdout } = await desk.run('status');
    expect(exit).to.equal(0);
    expect(stdout)
      .to.match(/user +ann \(admin\)/)
      .and.match(/runs +12 running, 1 waiting\n/)
      .and.match(/health +ready\n$/);
  });

  it('names the part that is not well, since when, and what to do; exit status 1', async () => {
    health([well, broken], false);
    const { exit, stdout } = await desk.run('status');
    expect(exit).to.equal(1);
    expect(stdout).to.include('not ready').and.not.include('queue');
    expect(stdout).to.match(/database +down since 1970-01-01T00:00:00.000Z: is full; make room/);
  });

  it('tells it also when nothing else can be told any more', async () => {
    desk.gantry.on('GET /status', (_asked, response) => refuse(response, 500, 'internal', 'a mistake', ''));
    health([broken], false);
    const { exit, stdout } = await desk.run('status --json');
    expect(exit).to.equal(1);
    expect(JSON.parse(stdout)).to.deep.equal({ health: { ready: false, parts: [broken] } });
    health([well], true);
    expect((await desk.run('status')).stderr, 'all is well: the mistake itself').to.include('a mistake');
  });
});

describe('gantry api', () => {
  it('prints what the Gantry that answers says of its API', async () => {
    const desk = await SpeakingDesk.make();
    desk.gantry.on('GET /api/openapi.json', () => ({ openapi: '3.1.0', paths: {} }));
    const { exit, stdout } = await desk.run('api');
    await desk.clear();
    expect([exit, JSON.parse(stdout)]).to.deep.equal([0, { openapi: '3.1.0', paths: {} }]);
  });
});
