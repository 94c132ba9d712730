import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { StepFailure } from '../../../engine/model/errors';
import type { CommandRequest } from '../../../engine/ports/builder';
import { DockerBuilder } from '../../../runners/docker/builder';
import { requireDocker } from '../../support/hooks';
import { builderContract } from '../builder-contract';
import { failureOf } from '../cluster-contract';
import { buildCall, type DockerPlace, dockerPlace, effect, tarOf } from './harness';

const MIB = 1024 * 1024;

describe('the Docker builder', function () {
  this.timeout(60_000);
  let place: DockerPlace;

  before(async function () {
    requireDocker(this);
    place = await dockerPlace();
  });

  after(() => place?.remove());

  builderContract(() => place);

  afterEach(async () => {
    const filters = JSON.stringify({ label: [`gantry.installation=${place.installation}`] });
    expect(await place.docker.listContainers({ all: true, filters }), 'a container was left').to.deep.equal([]);
  });

  const build = (files: Record<string, string>, args: Record<string, string> = {}, call = buildCall()) => {
    const request = { dockerfile: 'Dockerfile', target: null, args, app: 'shop', context: tarOf(files) };
    return place.builder.buildImage({ ...call, ...request });
  };

  const run = (command: string, changes: Partial<CommandRequest> = {}) =>
    place.builder.runCommand({
      ...buildCall(),
      ...{ image: 'gantry/debian', command, env: {}, cache: { key: 'shop', paths: [] } },
      ...{ memory: 64 * MIB, timeoutMs: 20_000, ...changes },
    });

  const printed = async (command: string, changes: Partial<CommandRequest> = {}): Promise<string[]> => {
    const call = buildCall();
    await run(command, { ...call, ...changes });
    return call.lines;
  };

  it('names images only with names of this installation, and labels them', async () => {
    const { imageId, baseId } = await build({ Dockerfile: 'FROM gantry/debian\nCOPY a /a\n', a: '1' });
    const info = await place.docker.getImage(imageId).inspect();
    expect(info.RepoTags).to.include(`${place.network}/shop:${imageId.slice(7, 19)}`);
    expect(info.RepoTags.every((name) => name.startsWith(`${place.network}/`))).to.equal(true);
    expect(info.Config.Labels).to.deep.include({
      'gantry.installation': place.installation,
      'gantry.app': 'shop',
      'gantry.role': 'image',
    });
    expect(baseId).to.equal(await place.builder.resolveImage('gantry/debian'));
  });

  it('tells a build in lines that a person can read', async () => {
    const call = buildCall();
    const key = effect();
    await build({ Dockerfile: `FROM gantry/debian\nRUN echo ${key}; sleep 0.2\n` }, {}, call);
    const begun = call.lines.findIndex((line) => line.startsWith(`[2/2] RUN echo ${key}`));
    expect(begun).to.be.at.least(0);
    expect(call.lines.slice(begun + 1)).to.include(key);
    expect(call.lines.find((line) => /^\[2\/2\] done in 0\.\d s$/.test(line))).to.not.equal(undefined);
    const again = buildCall();
    await build({ Dockerfile: `FROM gantry/debian\nRUN echo ${key}; sleep 0.2\n` }, {}, again);
    expect(again.lines).to.include('[2/2] CACHED');
  });

  it('refuses a Dockerfile that would fetch its own builder, before anything runs [S13]', async () => {
    const error = (await failureOf(
      build({ Dockerfile: '# a comment\n# syntax=docker/dockerfile:1\nFROM gantry/debian\n' }),
    )) as StepFailure;
    expect(error).to.include({ fault: 'user' });
    expect(error.message).to.include('Dockerfile:2').and.include('# syntax=docker/dockerfile:1');
  });

  it('names the base that is neither here nor to be fetched, and those that are', async () => {
    const error = (await failureOf(build({ Dockerfile: 'FROM nowhere.invalid/nothing:1\n' }))) as StepFailure;
    expect(error).to.include({ fault: 'user' });
    expect(error.message).to.include('nowhere.invalid/nothing:1');
    expect(error.next).to.include('gantry/debian');
  });

  it('says that the Dockerfile is missing, is empty or has a mistake', async () => {
    const cases: [Record<string, string>, string][] = [
      [{ readme: '' }, 'no Dockerfile'],
      [{ Dockerfile: '' }, 'empty'],
      [{ Dockerfile: 'FROM gantry/debian\nCOPPY a b\n' }, 'line 2: unknown instruction: COPPY'],
      [{ Dockerfile: 'FROM gantry/debian\nCOPY a b\n' }, '"/a"'],
    ];
    for (const [files, words] of cases) {
      const error = await failureOf(build(files));
      expect(error).to.be.instanceOf(StepFailure).and.include({ fault: 'user' });
      expect(error.message).to.include(words);
    }
  });

  it('fails when the context breaks off in the middle, and does not wait for the rest', async () => {
    const context = Readable.from(
      (async function* () {
        yield Buffer.alloc(100, 'x');
        throw new Error('the repository is gone');
      })(),
    );
    const request = { dockerfile: 'Dockerfile', target: null, args: {}, app: 'shop', context };
    const error = await failureOf(place.builder.buildImage({ ...buildCall(), ...request }));
    expect(error.message).to.match(/the repository is gone|tar/i);
  });

  it('leaves the folders of a base as they were when it puts files in', async () => {
    const context = 'FROM gantry/debian\nRUN mkdir /srv/apps && chown 10001:10001 /srv/apps && chmod 2750 /srv/apps\n';
    const base = await build({ Dockerfile: context });
    const { digest } = await place.bytes.put(Readable.from([randomBytes(70_000)]), MIB);
    const files = [{ to: `/srv/apps/${'long-name-'.repeat(12)}.war`, digest, mode: 0o640 }];
    const layer = await place.builder.layerImage({ ...buildCall(), base: base.imageId, files, app: 'shop' });
    const lines = await printed(
      'stat -c "%a %u" /srv/apps; stat -c "%a %u" /srv/apps/*; sha256sum -c /gantry/artifacts.sha256',
      { image: layer.imageId },
    );
    expect(lines.slice(0, 2)).to.deep.equal(['2750 10001', '640 0']);
    expect(lines[2]).to.match(/OK$/);
  });

  it('keeps cache folders from one command to the next, per app', async () => {
    const cache = { key: 'shop', paths: ['~/.m2', 'node_modules'] };
    await run('echo kept > ~/.m2/file; echo too > /work/node_modules/file', { cache });
    expect(await printed('cat ~/.m2/file node_modules/file', { cache })).to.deep.equal(['kept', 'too']);
    expect(await printed('ls ~/.m2', { cache: { ...cache, key: 'ledger' } })).to.deep.equal([]);
  });

  it('refuses a cache folder outside of home and working folder', async () => {
    for (const path of ['../etc', '/', '.']) {
      const error = await failureOf(run('true', { cache: { key: 'shop', paths: [path] } }));
      expect(error).to.include({ fault: 'user' });
    }
  });

  it('gives a command its sources and variables, and no more rights than a build needs', async () => {
    const lines = await printed(
      'pwd; cat src/a.txt; echo $COLOUR $HOME; grep -E "CapEff|NoNewPrivs" /proc/self/status',
      {
        sources: tarOf({ 'src/a.txt': 'hello\n' }),
        env: { COLOUR: 'green' },
      },
    );
    expect(lines.slice(0, 3)).to.deep.equal(['/work', 'hello', 'green /root']);
    expect(lines[3]).to.match(/CapEff:\s+00000000000000cb$/);
    expect(lines[4]).to.match(/NoNewPrivs:\s+1$/);
  });

  it('gives a command the CA bundle and the proxies of the settings', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-test-ca-'));
    try {
      const caBundle = join(folder, 'ca.pem');
      await writeFile(caBundle, 'a certificate\n');
      const { installation, bytes, network } = place;
      const settings = { caBundle, httpsProxy: 'http://proxy.bank:3128', noProxy: 'localhost' };
      const builder = new DockerBuilder({ docker: {}, installation, bytes, network, settings });
      const call = buildCall();
      await builder.runCommand({
        ...{ ...call, image: 'gantry/debian', command: 'cat $NODE_EXTRA_CA_CERTS; echo $HTTPS_PROXY $no_proxy' },
        ...{ env: {}, cache: { key: 'shop', paths: [] }, memory: 64 * MIB, timeoutMs: 20_000 },
      });
      expect(call.lines).to.deep.equal(['a certificate', 'http://proxy.bank:3128 localhost']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('takes exactly one file, and otherwise says what is there', async () => {
    const make = 'mkdir -p target/classes; echo 1 > target/a.war; echo 2 > target/b.war; touch target/empty.jar';
    const cases: [string, string][] = [
      ['target/*.war', '2 files match take: target/*.war (target/a.war, target/b.war)'],
      ['target/*.ear', 'the folder target holds target/a.war, target/b.war, target/empty.jar'],
      ['build/*.war', 'the folder build does not exist'],
      ['target/*.jar', 'is empty'],
      ['../*.war', 'leads out of the working folder'],
    ];
    for (const [take, words] of cases) {
      const error = await failureOf(run(make, { take }));
      expect(error).to.be.instanceOf(StepFailure).and.include({ fault: 'user' });
      expect(error.message).to.include(words);
    }
    expect((await run(make, { take: 'target/a.war' })).taken).to.deep.include({ name: 'a.war', size: 2 });
    expect((await run(make, { take: '**/b.war' })).taken?.name).to.equal('b.war');
  });

  it('does not follow a link out of the container [F49] [S8]', async () => {
    const error = await failureOf(run('mkdir target; ln -s /etc/passwd target/a.war', { take: 'target/*.war' }));
    expect(error.message).to.include('holds no files');
  });

  it('removes what an earlier epoch of the same effect left', async () => {
    const key = effect();
    const labels = { 'gantry.installation': place.installation, 'gantry.effect': key, 'gantry.epoch': '1' };
    await place.docker.createContainer({ Image: 'gantry/debian', Labels: { ...labels, 'gantry.role': 'build' } });
    await run('true', buildCall({ effect: key, epoch: 2 }));
  });
});
