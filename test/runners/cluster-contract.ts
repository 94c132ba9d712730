import { Readable } from 'node:stream';
import { expect } from 'chai';
import { StepFailure } from '../../engine/model/errors';
import type { Bytes } from '../../engine/ports/bytes';
import { type Cluster, type InstanceSpec, InstanceUnhealthyError, NameTakenError } from '../../engine/ports/cluster';
import { effect } from './docker/harness';

export interface ClusterPlace {
  cluster: Cluster;
  bytes: Bytes;
  /** An image whose app does what the variables of docs/dummy.md say. */
  image: string;
  /** An image that is not there. */
  missingImage: string;
}

const MIB = 1024 * 1024;
const HEALTH = { path: '/health', status: 200, port: 8080, withinMs: 10_000 };
const never = new AbortController().signal;
let made = 0;

/** A name that no other test uses. */
const freshName = (): string => `gantry-test-${process.pid}-${++made}`;

export function instanceSpec(image: string, changes: Partial<InstanceSpec> = {}): InstanceSpec {
  return {
    name: freshName(),
    labels: {
      app: 'shop',
      environment: 'test',
      run: '7',
      step: 'test/deliver',
      epoch: 1,
      effect: effect(),
      role: 'instance',
    },
    image,
    port: 8080,
    env: {},
    inject: [],
    resources: { memory: 128 * MIB, cpus: 1 },
    stopGraceMs: 2_000,
    ...changes,
  };
}

/** What was thrown; a test that expects an error and gets none fails here. */
export async function failureOf(act: Promise<unknown>): Promise<Error> {
  return act.then(
    () => expect.fail('it did not fail'),
    (error: Error) => error,
  );
}

/** The story that every cluster must tell. `place` is read when a test runs, after the suite's own `before`. */
export function clusterContract(place: () => ClusterPlace): void {
  const start = (changes: Partial<InstanceSpec> = {}): Promise<{ spec: InstanceSpec; id: string }> => {
    const spec = instanceSpec(place().image, changes);
    return place()
      .cluster.startInstance(spec)
      .then(({ id }) => ({ spec, id }));
  };

  const unhealthy = async (name: string, withinMs = HEALTH.withinMs): Promise<InstanceUnhealthyError> => {
    const error = await failureOf(place().cluster.waitHealthy(name, { ...HEALTH, withinMs }, never, () => undefined));
    expect(error).to.be.instanceOf(InstanceUnhealthyError);
    return error as InstanceUnhealthyError;
  };

  afterEach(async () => {
    const { cluster } = place();
    for (const { name } of await cluster.listInstances()) await cluster.removeInstance(name, 0);
  });

  it('says what it is', async () => {
    const { kind, version } = await place().cluster.describe();
    expect(kind).to.be.oneOf(['docker', 'dummy']);
    expect(version).to.not.equal('');
  });

  it('starts an instance that gets healthy', async () => {
    const { cluster } = place();
    const { spec } = await start({ env: { DUMMY_SLEEP_MS: '300' } });
    const lines: string[] = [];
    await cluster.waitHealthy(spec.name, HEALTH, never, (line) => lines.push(line));
    expect(lines.join('\n')).to.include('/health answers 200');
    const seen = await cluster.findInstance(spec.name);
    expect(seen).to.deep.include({ name: spec.name, dnsName: spec.name, running: true, exitCode: null });
    expect(seen?.address).to.match(/^\d+\.\d+\.\d+\.\d+$/);
    expect(seen?.labels).to.deep.equal(spec.labels);
    expect(seen?.imageId).to.equal(place().image);
    expect(seen?.startedAt).to.be.within(Date.now() - 60_000, Date.now() + 1_000);
  });

  it('adopts what the same effect has started already', async () => {
    const { spec, id } = await start();
    expect((await place().cluster.startInstance(spec)).id).to.equal(id);
    expect(await place().cluster.listInstances()).to.have.length(1);
  });

  it('starts one instance when it is told several times at once', async () => {
    const spec = instanceSpec(place().image);
    const seen = await Promise.all([1, 2, 3].map(() => place().cluster.startInstance(spec)));
    expect(new Set(seen.map(({ id }) => id)).size).to.equal(1);
  });

  it('refuses a name that another effect has taken', async () => {
    const { spec } = await start();
    const other = { ...spec, labels: { ...spec.labels, effect: effect() } };
    const error = await failureOf(place().cluster.startInstance(other));
    expect(error).to.be.instanceOf(NameTakenError);
    expect(error.message).to.include(spec.name);
  });

  it('tells at once of a process that died, with its exit code and last lines', async () => {
    const { spec } = await start({ env: { DUMMY_EXIT: '3', DUMMY_LOG: 'reading settings\\nno database' } });
    const began = Date.now();
    const { details } = await unhealthy(spec.name);
    expect(Date.now() - began).to.be.below(5_000);
    expect(details).to.deep.include({ exitCode: 3, outOfMemory: false });
    expect(details.lastLines).to.include.members(['reading settings', 'no database']);
    const seen = await place().cluster.findInstance(spec.name);
    expect(seen).to.deep.include({ running: false, exitCode: 3, address: '' });
    expect(await place().cluster.lastLines(spec.name, 1)).to.deep.equal(['no database']);
  });

  it('tells of a process that ran out of memory [F25]', async () => {
    const { spec } = await start({ env: { DUMMY_OOM: '1' } });
    const error = await unhealthy(spec.name);
    expect(error.message).to.include('out of memory');
    expect(error.details).to.deep.include({ exitCode: 137, outOfMemory: true });
  });

  it('tells what an instance answered that never got healthy [F26]', async () => {
    const { spec } = await start({ env: { DUMMY_NEVER_HEALTHY: '1' } });
    const error = await unhealthy(spec.name, 1_500);
    expect(error.message).to.include('not healthy within 1.5 s');
    expect(error.details).to.deep.include({ exitCode: null });
    expect(error.details.answers.at(-1)?.words).to.equal('503 Service Unavailable');
  });

  it('stops waiting when it is told to', async () => {
    const { spec } = await start({ env: { DUMMY_NEVER_HEALTHY: '1' } });
    const stop = new AbortController();
    const waiting = failureOf(place().cluster.waitHealthy(spec.name, HEALTH, stop.signal, () => undefined));
    stop.abort(new Error('the step was cancelled'));
    expect((await waiting).message).to.equal('the step was cancelled');
  });

  it('removes an instance, and nothing when there is none', async () => {
    const { cluster } = place();
    const { spec } = await start();
    await cluster.removeInstance(spec.name, 2_000);
    await cluster.removeInstance(spec.name, 2_000);
    expect(await cluster.findInstance(spec.name)).to.equal(undefined);
    expect(await cluster.listInstances()).to.deep.equal([]);
    expect(await cluster.lastLines(spec.name, 10)).to.deep.equal([]);
    expect((await unhealthy(spec.name)).message).to.include('was removed');
  });

  it('names an image that is not there, as the fault of whoever asked for it', async () => {
    const { cluster, missingImage, image } = place();
    expect(await cluster.hasImage(image)).to.equal(true);
    expect(await cluster.hasImage(missingImage)).to.equal(false);
    const error = await failureOf(cluster.startInstance(instanceSpec(missingImage)));
    expect(error).to.be.instanceOf(StepFailure).and.include({ fault: 'user' });
    expect(error.message).to.include(missingImage);
  });

  it('leaves nothing when an artifact to inject is not there', async () => {
    const { cluster, bytes, image } = place();
    const { digest } = await bytes.put(Readable.from(['gone']), MIB);
    await bytes.remove(digest);
    const inject = [{ to: '/srv/app.war', from: { digest }, mode: 0o644, verify: true }];
    await failureOf(cluster.startInstance(instanceSpec(image, { inject })));
    expect(await cluster.listInstances()).to.deep.equal([]);
  });
}
