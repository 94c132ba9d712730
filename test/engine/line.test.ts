import { expect } from 'chai';
import { Line } from './support/line';

const SERVE = 'serve: { image: {}, port: 80, health: { path: /health } }\n';
const UNTIL_GRAY = ['build-image', 'seal'];

describe('the line that a run stands in', () => {
  let line: Line;
  afterEach(() => line.close());

  const places = async (): Promise<(string | undefined)[]> => {
    const runs = await line.test.engine.runs.summaries({ limit: 10 });
    return runs.map(({ inLine }) => inLine?.words).reverse();
  };

  it('tells its place and whom it is behind, in the list and at the run', async () => {
    line = await Line.of(`${SERVE}stages: { gray: { approve: { role: ops } }, production: {} }\n`);
    await line.push();
    await line.go(1, ...UNTIL_GRAY, 'gray/deliver', 'gray/approve');
    await line.push();
    await line.go(2, ...UNTIL_GRAY);
    await line.push();
    await line.go(3, ...UNTIL_GRAY);
    await line.push('hotfix');
    await line.go(4, ...UNTIL_GRAY);
    const words = [2, 3, 4].map(
      (run) => `${['1st', '2nd', '3rd'][run - 2]} in line for gray of shop, behind #${run - 1}`,
    );
    expect(await places()).to.deep.equal([undefined, ...words]);
    const { inLine, waitsFor, waitsDetail } = await line.test.engine.runs.show('shop', 4);
    expect([inLine?.position, inLine?.behind, inLine?.place]).to.deep.equal([3, 3, 'gray']);
    expect(waitsFor).to.equal(`gray/deliver waits for its turn: ${words[2]}`);
    expect(waitsDetail).to.deep.equal(['run 1 is at gray/approve, which waits for people']);
  });

  it('is that of the build, and says of an overtaken run what took its place', async () => {
    line = await Line.of(`${SERVE}stages: { production: {} }\n`);
    await line.push();
    await line.take();
    await line.push();
    await line.push();
    expect(await places()).to.deep.equal([
      undefined,
      undefined,
      '1st in line for the build of main of shop, behind #1',
    ]);
    const runs = await line.test.engine.runs.summaries({ limit: 10 });
    expect(runs.map(({ supersededBy }) => supersededBy)).to.deep.equal([null, 3, null]);
    expect((await line.test.engine.runs.why('shop', 2)).sentences).to.deep.equal(['it was superseded by #3']);
  });

  it('is behind an older run of the branch that is still being built, where each has its turn', async () => {
    line = await Line.of(`build: { order: every }\n${SERVE}stages: { production: {} }\n`);
    await line.push();
    await line.push();
    await line.take();
    await line.end('2 build-image');
    await line.go(2, 'seal');
    const { sentences } = await line.test.engine.runs.why('shop', 2);
    expect(sentences).to.deep.equal([
      'production/deliver waits for its turn: 2nd in line for production of shop, behind #1',
      'run 1 is at build-image, which is running',
    ]);
  });

  it('is none for a step that no runner can take, and that is said instead', async () => {
    line = await Line.of(`build: { pool: fast }\n${SERVE}stages: { production: {} }\n`);
    await line.push();
    const { runners, runs } = line.test.engine;
    const here = { cluster: 'local', places: 8, kinds: ['plan', 'build-image'] };
    await runners.announce({ owner: 'r1', pools: ['default'], ...here });
    const why = async () => {
      const { sentences, commands } = await runs.why('shop', 1);
      return [sentences[1], commands[0]];
    };
    expect(await why()).to.deep.equal([
      'no runner of pool fast is alive: none has been there for a day',
      'gantry runner --pool fast',
    ]);
    await runners.announce({ owner: 'r2', pools: ['fast', 'slow'], ...here });
    expect((await why())[0]).to.match(/a place is free, and it is next$/);
    await runners.announce({ owner: 'r2', pools: ['fast'], ...here, kinds: ['plan'] });
    expect((await why())[0]).to.match(/^no runner of pool fast is alive/);
  });
});
