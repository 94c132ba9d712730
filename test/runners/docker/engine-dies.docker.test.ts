import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import type Docker from 'dockerode';
import { StepFailure } from '../../../engine/model/errors';
import type { BuiltImage } from '../../../engine/ports/builder';
import { DockerBuilder } from '../../../runners/docker/builder';
import { skipBecause } from '../../support/skips';
import { buildCall, type DockerPlace, dockerPlace, tarOf } from './harness';
import { noSecondEngine, type SecondEngine, startSecondEngine } from './second-engine';

const DOCKERFILE = 'FROM scratch\nCOPY file /file\n';
const MEGABYTE = 1 << 20;

describe('an engine that breaks', function () {
  this.timeout(120_000);
  let place: DockerPlace;
  let other: SecondEngine | undefined;

  before(function () {
    const reason = noSecondEngine();
    if (reason !== undefined) skipBecause(this, reason);
  });
  beforeEach(async () => {
    place = await dockerPlace();
  });
  afterEach(async () => {
    await other?.stop();
    other = undefined;
    await place.remove();
  });

  /** A context with one file of so many MB; `halfway` is called when half of it has been sent, and the rest waits for it. */
  function contextOf(megabytes: number, halfway: () => Promise<void> = async () => undefined): Readable {
    const archive = tarOf({ Dockerfile: DOCKERFILE, file: 'x'.repeat(megabytes * MEGABYTE) });
    return Readable.from(
      (async function* () {
        const bytes = await buffer(archive);
        const half = bytes.length / 2;
        yield bytes.subarray(0, half);
        await halfway();
        for (let at = half; at < bytes.length; at += MEGABYTE) yield bytes.subarray(at, at + MEGABYTE);
      })(),
      { objectMode: false },
    );
  }

  function build(engine: SecondEngine, context: NodeJS.ReadableStream): Promise<BuiltImage> {
    const { installation, bytes, network } = place;
    const options = { docker: { socketPath: engine.socketPath }, installation, bytes, network, settings: {} };
    const request = { dockerfile: 'Dockerfile', target: null, args: {}, app: 'shop', context };
    return new DockerBuilder(options).buildImage({ ...buildCall(), ...request });
  }
  const failure = (built: Promise<BuiltImage>): Promise<StepFailure> =>
    built.then(
      () => Promise.reject(new Error('it was built')),
      (error: unknown) => (error instanceof StepFailure ? error : Promise.reject(error as Error)),
    );
  const namesIn = async (docker: Docker): Promise<string[]> =>
    (await docker.listImages({ all: true }))
      .flatMap(({ RepoTags }) => RepoTags ?? [])
      .filter((n) => !n.includes('<none>'));

  it('in the middle of a build is not the fault of the user, and the next one builds it [F21]', async () => {
    other = await startSecondEngine();
    const { fault, message } = await failure(build(other, contextOf(8, other.kill)));
    expect(fault).to.equal('world');
    expect(message).to.match(/^Docker does not answer/);
    await other.stop();
    other = await startSecondEngine();
    const { imageId } = await build(other, contextOf(8));
    expect((await other.docker.getImage(imageId).inspect()).Id).to.equal(imageId);
  });

  it('says that its disk is full during a build, names nothing half, and builds it when there is room [F24]', async () => {
    other = await startSecondEngine(64);
    const { fault, message, next } = await failure(build(other, contextOf(96)));
    expect(message).to.match(/no space left on device/);
    expect([fault, next]).to.deep.equal(['world', 'free space there, then try again']);
    expect(await namesIn(other.docker), 'nothing half has a name').to.deep.equal([]);
    await other.growDisk(256);
    const { imageId } = await build(other, contextOf(2));
    expect((await other.docker.getImage(imageId).inspect()).Id).to.equal(imageId);
  });
});
