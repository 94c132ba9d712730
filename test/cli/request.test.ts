import { expect } from 'chai';
import { Desk } from './support/command-line';
import { FakeGantry } from './support/fake-gantry';

describe('gantry request', () => {
  const desk = new Desk();
  const gantry = new FakeGantry();
  const head = '4f9c1e27'.repeat(5);
  before(() => gantry.start());
  after(async () => {
    await gantry.stop();
    desk.clear();
  });
  beforeEach(() => {
    gantry.asked.length = 0;
    const fork = { number: 7, forge: 'github', state: 'open', head, origin: 'fork', waits: true, updatedAt: 1 };
    const own = { ...fork, number: 8, origin: 'branch', waits: false, run: 3, allowedBy: null };
    gantry.on('GET /apps/shop/requests?limit=200', () => ({ items: [{ ...fork, run: null, allowedBy: null }, own] }));
    gantry.on('POST /apps/shop/requests/7/allow', () => ({ app: 'shop', number: 7, head, run: 4 }));
  });
  const run = (line: string) => desk.run(line.split(' '), { environment: gantry.environment });

  it('list says which of them wait for somebody', async () => {
    const { stdout } = await run('request list shop');
    expect(stdout).to.match(/7 +open +4f9c1e274f9c +fork +waits to be allowed/);
    expect(stdout).to.match(/8 +open +4f9c1e274f9c +branch +run 3/);
  });

  it('allow lets the commit run that it was asked for, or that the request stands at', async () => {
    const { stdout, exit } = await run('request allow shop 7');
    expect([exit, stdout.trim()]).to.deep.equal([0, 'request 7 of shop runs at 4f9c1e274f9c: run 4']);
    expect(gantry.asked.at(-1)?.body).to.deep.equal({ head });
    expect((await run(`request allow shop 7 --head ${head.slice(0, 10)}`)).exit).to.equal(0);
  });

  it('allow refuses when the request has moved, or there is none, and lets nothing run', async () => {
    const moved = await run('request allow shop 7 --head 1234567');
    expect(moved.exit).to.equal(1);
    expect(moved.stderr).to.include('stands at 4f9c1e274f9c now, and not at 1234567');
    expect((await run('request allow shop 9')).stderr).to.include('shop knows no request 9');
    expect((await run('request allow shop x')).exit).to.equal(2);
    expect(gantry.asked.filter(({ body }) => body !== undefined)).to.deep.equal([]);
  });
});
