import { expect } from 'chai';
import { Desk, type Ran } from './support/command-line';
import { FakeGantry } from './support/fake-gantry';

const GOOD = {
  ok: true,
  entries: 12,
  chains: [{ chain: 'shop', entries: 12, hash: 'a'.repeat(64) }],
  breaks: [],
  anchors: { where: '/data/anchors/heads.jsonl', lines: 3, at: 0 },
  remarks: [],
};
const BAD = {
  ...GOOD,
  ok: false,
  entries: 4,
  breaks: [{ chain: 'shop', entry: 5, finding: 'deleted', says: 'shop, entry 5: an entry is missing before this one' }],
};
const ENTRY = {
  seq: 9,
  chain: 'shop',
  at: 0,
  actor: 'user:ada',
  action: 'run.cancel',
  object: 'shop#3',
  detail: { n: 1 },
};

describe('gantry audit', () => {
  let gantry: FakeGantry;
  let desk: Desk;
  const run = (line: string): Promise<Ran> => desk.run(line.split(' '), { environment: gantry.environment });

  beforeEach(async () => {
    gantry = new FakeGantry();
    desk = new Desk();
    await gantry.start();
  });
  afterEach(async () => {
    await gantry.stop();
    desk.clear();
  });

  it('verify says how much was checked and against which anchors', async () => {
    gantry.on('GET /audit/verify', () => GOOD);
    const { exit, stdout } = await run('audit verify');
    expect(exit).to.equal(0);
    expect(stdout).to.equal(
      '12 entries in 1 chains are as they were written\n' +
        '3 anchors in /data/anchors/heads.jsonl, the last of 1970-01-01T00:00:00.000Z\n',
    );
  });

  it('verify names the first bad entry and ends with 1, with --json, too', async () => {
    gantry.on('GET /audit/verify?app=shop', () => BAD);
    const { exit, stdout } = await run('audit verify shop');
    expect(exit).to.equal(1);
    expect(stdout).to.include('broken  shop, entry 5: an entry is missing before this one');
    const again = await run('audit verify shop --json');
    expect([again.exit, again.json()]).to.deep.equal([1, BAD]);
  });

  it('verify says which words do not go together', async () => {
    expect((await run('audit verify --file x.jsonl --offline')).exit).to.equal(2);
    expect((await run('audit verify --anchors x.jsonl')).stderr).to.include('--anchors goes with --file or --offline');
  });

  it('show lists who did what, and asks only for what was wanted', async () => {
    gantry.on('GET /audit?limit=5&app=shop&run=3', () => ({ items: [ENTRY], next: null }));
    const { exit, stdout } = await run('audit show shop 3 --limit 5');
    expect(exit).to.equal(0);
    expect(stdout).to.include('1970-01-01T00:00:00.000Z  user:ada  run.cancel  shop#3  {"n":1}');
  });

  it('export prints what it is given, byte by byte', async () => {
    gantry.on('GET /audit/export?app=shop', (_, response) => {
      response.end('{"gantry":"audit"}\n{"actor":"Zoë"}\n');
    });
    for (const words of ['audit export shop', 'audit export shop --json']) {
      const { exit, stdout } = await run(words);
      expect([exit, stdout], words).to.deep.equal([0, '{"gantry":"audit"}\n{"actor":"Zoë"}\n']);
    }
  });
});
