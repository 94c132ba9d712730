import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { pack } from 'tar-stream';
import { fairRange } from '../../cli/demo/binomial';
import { throwaway } from '../../cli/demo/check';
import { Checks, contains, holds, same, within } from '../../cli/demo/checks';
import { foldersOf, neverHealthyOnDummy } from '../../cli/demo/fixture';
import { compareDocker, type DockerObject, processesOf } from '../../cli/demo/leftovers';
import { remoteLines, runIn } from '../../cli/demo/repository';
import { Storyteller } from '../../cli/demo/storyteller';
import { fileInTar } from '../../cli/demo/tar-file';
import { Output } from '../../cli/output';
import { checkPipeline } from '../../pipelines/check';
import { checkoutFolder } from '../../settings';

const ROOT = checkoutFolder();

describe('a fair share of visitors', () => {
  it('lies around its mean, wider for a few than for many', () => {
    expect(fairRange(2000, 0.05)).to.deep.equal({ low: 52, high: 148 });
    expect(fairRange(1_000_000, 0.05)).to.deep.equal({ low: 48_911, high: 51_089 });
  });

  it('never leaves what can be', () => {
    expect(fairRange(20, 0.05).low).to.equal(0);
    expect(fairRange(20, 0.95).high).to.equal(20);
  });
});

describe('a file in an archive of Docker', () => {
  it('is found with its exact bytes, behind a folder', async () => {
    const archive = pack();
    archive.entry({ name: 'gantry', type: 'directory' });
    archive.entry({ name: 'gantry/artifacts.sha256' }, 'abc  /gantry/webapps/ROOT.war\n');
    archive.finalize();
    const pieces: Buffer[] = [];
    for await (const piece of archive) pieces.push(piece as Buffer);
    expect(fileInTar(Buffer.concat(pieces)).toString()).to.equal('abc  /gantry/webapps/ROOT.war\n');
  });

  it('is an error when there is none', () => {
    expect(() => fileInTar(Buffer.alloc(1024))).to.throw('no file');
  });
});

describe('the throwaway Gantry', () => {
  it('takes from the caller how to fetch and build, and nothing of a Gantry that the caller has', () => {
    const theirs = { GANTRY_ANCHORS: '/heads', GANTRY_POOL: 'build', GANTRY_TLS_CERT: '/c', GANTRY_TLS_KEY: '/k' };
    const kept = { PATH: '/bin', GANTRY_CACHE: '/cache', GANTRY_BUILD_REGISTRY: 'mirror' };
    const settings = throwaway({ ...theirs, ...kept }, '/tmp/demo', { web: 1, gateway: 2 });
    expect(settings.environment).to.deep.equal({
      ...kept,
      GANTRY_HOME: '/tmp/demo',
      GANTRY_LISTEN: '127.0.0.1:1',
      GANTRY_GATEWAY: '127.0.0.1:2',
    });
    expect(settings).to.include({ home: '/tmp/demo' }).and.not.to.have.any.keys('tls', 'redisUrl', 'databaseUrl');
  });
});

describe('what the remote says at a push', () => {
  const stderr =
    'remote: \nremote: Gantry: run 3 of ledger for main        \nremote:   http://127.0.0.1:1/apps/ledger/runs/3        \nTo http://127.0.0.1:1/git/ledger.git\n';

  it('is read without the words of git', () => {
    expect(remoteLines(stderr)).to.deep.equal([
      '',
      'Gantry: run 3 of ledger for main',
      '  http://127.0.0.1:1/apps/ledger/runs/3',
    ]);
  });

  it('names the run', () => {
    expect(runIn(remoteLines(stderr))).to.deep.equal({ number: 3, url: 'http://127.0.0.1:1/apps/ledger/runs/3' });
    expect(runIn(['nothing'])).to.equal(undefined);
  });
});

describe('the versions of the fixture apps', () => {
  it('lie over version 1', () => {
    expect(foldersOf('/r', 'ledger', 'v1')).to.deep.equal(['/r/fixtures/apps/ledger']);
    expect(foldersOf('/r', 'ledger', 'v3-bad')).to.deep.equal([
      '/r/fixtures/apps/ledger',
      '/r/fixtures/versions/ledger/v3-bad',
    ]);
  });

  it('can be told to play a release that never gets healthy', () => {
    const text = readFileSync(join(ROOT, 'fixtures', 'apps', 'storefront', 'gantry.yml'), 'utf8');
    const checked = checkPipeline(neverHealthyOnDummy(text), { file: 'gantry.yml', solo: true });
    expect(checked.ok && checked.spec.serve.env).to.deep.equal({ DUMMY_NEVER_HEALTHY: '1' });
    expect(checked.ok && checked.spec.serve.health.within).to.equal(5_000);
  });
});

describe('the comparison of Docker before and after', () => {
  const object = (name: string, of = ''): DockerObject => ({ kind: 'image', key: `image ${name}`, name, of });
  const compare = (before: DockerObject[], after: DockerObject[]) => compareDocker(before, after, '0123456789abcdef');

  it('tells what was left behind and what is gone', () => {
    expect(compare([object('old')], [object('new'), object('mine', '01234567')]).differences).to.deep.equal([
      'image new was left behind',
      'image mine was left behind',
      'image old was there before and is gone',
    ]);
  });

  it('leaves out base images, and only counts what other installations do', () => {
    const compared = compare(
      [object('a', 'fedcba98')],
      [object('b', 'fedcba98'), object('gantry/node:latest', 'base')],
    );
    expect(compared).to.deep.equal({ differences: [], others: 2 });
  });
});

describe('processes of a folder', () => {
  it('are found by command line and environment, this one left out', () => {
    expect(processesOf('/a/folder/that/nobody/has')).to.deep.equal([]);
  });
});

describe('checks', () => {
  const lines: string[] = [];
  const story = new Storyteller(new Output({ stdout: sink(), stderr: sink(), json: false, noColor: true }));
  const stop = new AbortController();
  const checks = new Checks(story, (line) => lines.push(line), stop.signal);
  after(() => story.end());

  it('are printed one by one, with what was expected and what was got', async () => {
    await checks.that('one is one', () => same(1, 1));
    await checks.that('one is two', () => same(1, 2));
    await checks.that('a text holds a word', () => contains('some text', 'word'));
    await checks.that('it is so', () => holds(false, 'yes', 'no'));
    await checks.that('nothing breaks', () => Promise.reject(new Error('it broke')));
    expect(lines).to.deep.equal([
      'ok 1 one is one',
      'FAILED 2 one is two: expected 2, got 1',
      'FAILED 3 a text holds a word: expected something with word, got some text',
      'FAILED 4 it is so: expected yes, got no',
      'FAILED 5 nothing breaks: expected no error, got it broke',
    ]);
    expect([checks.passed, checks.failed]).to.deep.equal([1, 4]);
  });

  it('may look again until it is so', async () => {
    let looks = 0;
    await within(2_000, () => holds(++looks === 2, 'the second look', looks), stop.signal);
    expect(looks).to.equal(2);
  });

  it('end with the demo: who stops it has disproved nothing', async () => {
    stop.abort(new Error('stopped'));
    const look = () => Promise.reject(new Error('cut off'));
    const error = await checks.that('it goes on', look).catch((reason: Error) => reason.message);
    expect(error).to.equal('stopped');
    expect(lines).to.have.length(5);
  });
});

function sink(): { write(text: string): void } {
  return { write: () => undefined };
}
