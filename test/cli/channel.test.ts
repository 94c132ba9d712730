import { expect } from 'chai';
import { Desk } from './support/command-line';
import { FakeGantry } from './support/fake-gantry';

const CHANNEL = {
  name: 'ops',
  kind: 'slack',
  app: null,
  on: ['failed'],
  to: 'https://chat.example/…',
  waiting: 0,
  dropped: 0,
  createdAt: 1,
  createdBy: 'user:ada',
  sentAt: null,
  sentId: null,
  trouble: '',
  troubleAt: null,
  retryAt: null,
};

describe('gantry channel', () => {
  const desk = new Desk();
  const gantry = new FakeGantry();
  before(() => gantry.start());
  after(async () => {
    await gantry.stop();
    desk.clear();
  });
  beforeEach(() => {
    gantry.asked.length = 0;
  });
  const run = (line: string, input = '') => desk.run(line.split(' '), { environment: gantry.environment, input });

  it('adds one, its address and secret from standard input, and tells a made secret once', async () => {
    gantry.on('POST /channels', () => ({ name: 'ops', secret: 'whsec_new' }));
    const line = 'channel add ops --kind webhook --to-stdin --secret-stdin --on failed,approval --app shop';
    const { stdout, exit } = await run(line, 'https://in.example/s3cret\nwhsec_old\n');
    expect(exit).to.equal(0);
    expect(stdout).to.include('shown only now: whsec_new').and.not.include('s3cret');
    expect(gantry.asked[0]?.body).to.eql({
      name: 'ops',
      kind: 'webhook',
      to: 'https://in.example/s3cret',
      secret: 'whsec_old',
      app: 'shop',
      on: ['failed', 'approval'],
    });
  });

  it('asks for what is missing, and asks nothing of the server', async () => {
    expect((await run('channel add ops --to a@b.example')).stderr).to.include('which kind of channel?');
    expect((await run('channel add ops --kind email')).stderr).to.include('where is it?');
    expect((await run('channel add ops --kind email --to-stdin')).exit).to.equal(2);
    expect(gantry.asked).to.eql([]);
  });

  it('tries one, and waits until it has taken the message', async () => {
    let looks = 0;
    gantry.on('POST /channels/ops/test', () => ({ id: 'm1' }));
    gantry.on('GET /channels/ops', () => ({ ...CHANNEL, sentId: ++looks > 2 ? 'm1' : null }));
    const { stdout, exit } = await run('channel test ops');
    expect([exit, stdout.trim()]).to.eql([0, 'ops has taken it']);
  });

  it('tries one, and says what went wrong', async () => {
    let looks = 0;
    gantry.on('POST /channels/ops/test', () => ({ id: 'm1' }));
    gantry.on('GET /channels/ops', () => ({
      ...CHANNEL,
      ...(++looks > 1 ? { trouble: 'it answered with status 403', troubleAt: 5 } : {}),
    }));
    const { stderr, exit } = await run('channel test ops');
    expect(exit).to.equal(1);
    expect(stderr).to.include('ops was not reached: it answered with status 403');
  });

  it('lists them with what is wrong, and shows one', async () => {
    const broken = { ...CHANNEL, waiting: 3, trouble: 'it answered with status 403', troubleAt: 5, dropped: 2 };
    gantry.on('GET /channels', () => ({ items: [broken] }));
    gantry.on('GET /channels/ops', () => broken);
    expect((await run('channel list')).stdout).to.match(
      /ops +slack +all +failed +https:\/\/chat.example\/… +3 +it ans/,
    );
    expect((await run('channel show ops')).stdout).to.match(/given up +2/);
    gantry.on('GET /channels', () => ({ items: [] }));
    expect((await run('channel list')).stdout).to.include('Nobody is told.');
  });
});
