import { expect } from 'chai';
import type { RegistryCredentials } from '../../../engine/ports/builder';
import { requireDocker } from '../../support/skips';
import { type FakeRegistry, fakeRegistry, type RegistryOptions } from './fake-registry';
import { buildCall, buildTestApp, type DockerPlace, dockerPlace, effect } from './harness';

describe('an image that was built elsewhere', () => {
  let place: DockerPlace;
  let registry: FakeRegistry | undefined;

  before(function () {
    requireDocker(this);
  });

  beforeEach(async () => {
    place = await dockerPlace();
  });

  afterEach(async () => {
    await registry?.close();
    registry = undefined;
    await place.remove();
  });

  const open = async (options: RegistryOptions = {}): Promise<FakeRegistry> => {
    registry = await fakeRegistry(options);
    return registry;
  };
  const take = (ref: string, credentials: RegistryCredentials | null = null, call = buildCall({ effect: effect() })) =>
    place.builder.takeImage({ ...call, ref, credentials, app: 'shop' });
  const failure = async (ref: string, credentials: RegistryCredentials | null = null) => {
    const error: unknown = await take(ref, credentials).catch((reason: unknown) => reason);
    expect(error).to.have.property('name', 'StepFailure');
    return error as Error & { fault: string; next: string };
  };

  it('is pulled by its digest, and has only names of ours then [F39]', async () => {
    const { ref, imageId } = await open();
    const call = buildCall({ effect: effect() });
    const taken = await take(ref, null, call);
    expect(taken.imageId).to.equal(imageId);
    expect(call.lines.join('\n')).to.include('Pull complete');
    const { RepoTags, RepoDigests } = await place.docker.getImage(imageId).inspect();
    expect(RepoTags.every((name) => name.startsWith(`${place.network}/shop:`))).to.equal(true);
    expect(RepoDigests).to.deep.equal([]);
  });

  it('is pulled with what the registry asks for, and the log does not tell it', async () => {
    const { ref, imageId, asked } = await open({ wants: 'ada:correct horse' });
    const call = buildCall({ effect: effect() });
    expect((await take(ref, { username: 'ada', password: 'correct horse' }, call)).imageId).to.equal(imageId);
    expect(asked).to.include(`Basic ${Buffer.from('ada:correct horse').toString('base64')}`);
    expect(call.lines.join('\n')).to.not.match(/correct horse|YWRhOmNvcnJlY3Q/);
  });

  it('is refused with what to give when the registry asks for more', async () => {
    const { ref } = await open({ wants: 'ada:correct horse' });
    const nothing = await failure(ref);
    expect(nothing.fault).to.equal('user');
    expect(nothing.next).to.include('--credentials FILE');
    const wrong = await failure(ref, { username: 'ada', password: 'wrong horse' });
    expect(wrong.fault).to.equal('user');
    expect(wrong.message).to.not.include('wrong horse');
  });

  it('is refused when the registry has no such digest [F39] [S30]', async () => {
    const { ref } = await open();
    const error = await failure(ref.replace(/sha256:.*/, `sha256:${'0'.repeat(64)}`));
    expect(error.fault).to.equal('user');
    expect(error.message).to.match(/^the registry has no such image/);
  });

  it("is the world's fault when nobody listens there [F38]", async () => {
    const { ref, close } = await open();
    await close();
    registry = undefined;
    expect((await failure(ref)).fault).to.equal('world');
  });

  it('is not waited for once the step is stopped', async () => {
    const { ref } = await open({ silent: true });
    const stop = new AbortController();
    const call = buildCall({ effect: effect() }, stop.signal);
    const pulling = take(ref, null, call).catch((reason: unknown) => reason);
    setTimeout(() => stop.abort(new Error('stopped')), 100);
    expect(((await pulling) as Error).message).to.equal('stopped');
  });

  it('is taken as it is when it is on this machine already', async function () {
    this.timeout(60_000);
    const image = await buildTestApp(place);
    expect((await take(image)).imageId).to.equal(image);
    expect((await failure(`sha256:${'0'.repeat(64)}`)).message).to.match(/is not on this machine/);
  });
});
