import { createHash } from 'node:crypto';
import { expect } from 'chai';
import Docker from 'dockerode';
import { type BuiltBase, buildBases } from '../../../runners/bases/build-bases';
import { basesCommand } from '../../../runners/bases/command';
import { lazyBases } from '../../../runners/bases/lazy-bases';
import { RECIPES, USUAL_BASES } from '../../../runners/bases/recipes';
import { baseSettings } from '../../../settings';
import { type AppContainer, type AppContainerSpec, createContainer } from '../../fixtures/app-container';
import { testInstallation } from '../../support/docker-leftovers';
import { requireDocker } from '../../support/hooks';

const WAR = '/gantry/webapps/ROOT.war';
const LIST = '/gantry/artifacts.sha256';

describe('the base containers', () => {
  const docker = new Docker();
  const { builds, ...folders } = baseSettings();
  const options = { docker, settings: builds, ...folders };
  const installation = testInstallation();
  let bases: BuiltBase[];
  let container: AppContainer | undefined;

  before(async function () {
    requireDocker(this);
    this.timeout(600_000);
    bases = await buildBases({ ...options, onLine: () => undefined });
  });

  afterEach(async () => {
    await container?.remove();
    container = undefined;
  });

  const tomcat = async (spec: Partial<AppContainerSpec>): Promise<AppContainer> => {
    container = await createContainer(docker, { image: 'gantry/tomcat', installation, ...spec });
    return container;
  };

  it('are all there, labelled with their name and recipe', async () => {
    expect(bases.map((base) => base.name)).to.have.members(USUAL_BASES);
    for (const base of bases) {
      const { Config } = await docker.getImage(base.tag).inspect();
      expect(Config.Labels).to.include({ 'gantry.base': base.name });
      expect(Config.Labels?.['gantry.recipe']).to.match(/^[0-9a-f]{64}$/);
    }
  });

  it('are left as they are, and quickly, when they fit their recipes', async () => {
    const again = await buildBases({ ...options, onLine: () => undefined });
    expect(again.map((base) => base.imageId)).to.deep.equal(bases.map((base) => base.imageId));
    expect(again.filter((base) => base.built)).to.deep.equal([]);
    // The quickest of five: on a busy machine the others wait for a turn.
    expect(Math.min(...again.map((base) => base.ms))).to.be.below(100);
  });

  it('are made when an app names one that is not there, and only then', async () => {
    const lines: string[] = [];
    const bases = lazyBases(options);
    await bases.ensure(['gantry/debian', 'gantry/node', 'example.org/team/app', 'scratch'], (line) => lines.push(line));
    expect(lines).to.deep.equal([]);
    const { Id } = await docker
      .getImage('gantry/python')
      .inspect()
      .catch(() => ({ Id: '' }));
    if (Id !== '') return;
    await bases.ensure(['gantry/python'], (line) => lines.push(line));
    expect(lines[0]).to.contain('gantry/python:latest: not here yet');
    expect((await docker.getImage('gantry/python').inspect()).Config.Labels).to.include({ 'gantry.base': 'python' });
  });

  it('leave no tag behind but their own', async () => {
    const tags = (await docker.listImages()).flatMap((image) => image.RepoTags ?? []);
    expect(tags.filter((tag) => tag.startsWith('gantry/') && tag.includes('rootfs'))).to.deep.equal([]);
  });

  it('are listed by the command', async () => {
    const lines: string[] = [];
    expect(await basesCommand(['list'], options, (line) => lines.push(line))).to.equal(0);
    expect(lines).to.have.length(RECIPES.length);
    expect(lines.join('\n')).to.match(/gantry\/tomcat:latest +\d+ MB/);
  });

  it('are not made by a command with unknown words', async () => {
    const lines: string[] = [];
    expect(await basesCommand(['destroy'], options, (line) => lines.push(line))).to.equal(2);
    expect(lines.join()).to.include('bases build');
    expect(await basesCommand(['build', 'jetty'], options, (line) => lines.push(line))).to.equal(1);
    expect(lines.join()).to.include('no base named "jetty"');
  });

  it('refuse a WAR whose bytes are not those of the release [F40] [S30]', async () => {
    const expected = createHash('sha256').update('the true bytes').digest('hex');
    const actual = createHash('sha256').update('other bytes').digest('hex');
    const server = await tomcat({ files: { [WAR]: 'other bytes', [LIST]: `${expected}  ${WAR}\n` } });
    await server.start();
    expect(await server.ended()).to.equal(78);
    expect(await server.logs()).to.include(
      `gantry: ${WAR} has sha256 ${actual}, the release says ${expected}; the server was not started`,
    );
  });

  it('refuse a WAR that the release does not name', async () => {
    const digest = createHash('sha256').update('bytes').digest('hex');
    const unlisted = await tomcat({ files: { [WAR]: 'bytes', [LIST]: `${digest}  /gantry/webapps/other.war\n` } });
    await unlisted.start();
    expect(await unlisted.ended()).to.equal(78);
    expect(await unlisted.logs()).to.include(`${WAR} is not in ${LIST}`);
  });

  it('do not start a server that has nothing to serve', async () => {
    const server = await tomcat({});
    await server.start();
    expect(await server.ended()).to.equal(78);
    expect(await server.logs()).to.include(`put the app's WAR at ${WAR}`);
  });

  it('serve as an ordinary user', async () => {
    const { Config } = await docker.getImage('gantry/tomcat').inspect();
    expect(Config.User).to.equal('10001:10001');
  });
});
