import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CommandRequest } from '../../../engine/ports/builder';
import type { Bytes } from '../../../engine/ports/bytes';
import { DummyBuilder } from '../../../runners/dummy/builder';
import { DummyCluster } from '../../../runners/dummy/cluster';
import { DummyGateway } from '../../../runners/dummy/gateway';
import { fileJournal } from '../../../runners/dummy/journal';
import { failureOf, instanceSpec } from '../cluster-contract';
import { keepsTheGatewayContract } from '../gateway/contract';

const IMAGE = `sha256:${'1'.repeat(64)}`;

describe('the dummy world of two runners', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
    file = join(folder, 'dummy', 'journal.jsonl');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const cluster = () => new DummyCluster({ journal: fileJournal(file) });
  const builder = () => new DummyBuilder({ bytes: {} as Bytes, journal: fileJournal(file) });
  const command = (epoch: number, ms: number): CommandRequest => ({
    ...{ image: 'gantry/node', command: 'work', env: { DUMMY_SLEEP_MS: String(ms) }, memory: 1, timeoutMs: 60_000 },
    ...{ cache: { key: 'shop', paths: [] }, onLine: () => undefined, signal: new AbortController().signal },
    labels: { app: 'shop', effect: 'one', epoch, role: 'build' },
  });

  it('is one world: what one starts, the other sees, adopts and removes', async () => {
    const [one, two] = [cluster(), cluster()];
    const spec = instanceSpec(IMAGE);
    const { id } = await one.startInstance(spec);
    expect((await two.startInstance(spec)).id).to.equal(id);
    await two.removeInstance(spec.name, 0);
    expect(await one.findInstance(spec.name)).to.equal(undefined);
  });

  it('gives a name to one of two effects that want it', async () => {
    const [one, two] = [cluster(), cluster()];
    const spec = instanceSpec(IMAGE);
    await one.startInstance(spec);
    const other = { ...spec, labels: { ...spec.labels, effect: 'another' } };
    expect((await failureOf(two.startInstance(other))).message).to.include('another effect');
  });

  it('outlives the runners', async () => {
    const spec = instanceSpec(IMAGE);
    await cluster().startInstance(spec);
    expect((await cluster().listInstances()).map(({ name }) => name)).to.deep.equal([spec.name]);
  });

  it('takes a line that a kill has torn for something that never happened', async () => {
    const spec = instanceSpec(IMAGE);
    await cluster().startInstance(spec);
    await appendFile(file, '\n{"does":"remove-instance","na');
    const late = cluster();
    expect(await late.findInstance(spec.name)).not.to.equal(undefined);
    await late.removeInstance(spec.name, 0);
    expect(await cluster().listInstances()).to.deep.equal([]);
  });

  it('removes the command of an earlier epoch when a later one begins it', async () => {
    const early = failureOf(builder().runCommand(command(1, 150)));
    await builder().runCommand(command(2, 1));
    expect((await early).message).to.include('was removed');
  });
});

describe('the gateway of two dummy runners', () => {
  let folder: string;
  let one: DummyGateway;
  let two: DummyGateway;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
    const file = join(folder, 'journal.jsonl');
    [one, two] = [0, 1].map(() => new DummyGateway({ host: '127.0.0.1', port: 8080 }, fileJournal(file))) as [
      DummyGateway,
      DummyGateway,
    ];
  });
  after(() => rm(folder, { recursive: true, force: true }));

  keepsTheGatewayContract(() => ({
    gateway: one,
    other: two,
    instance: async (name) => ({ name, address: '10.0.0.2', port: 3000, dnsName: name, healthPath: '/health' }),
    address: async () => '10.0.0.9',
    meets: async (host, headers) => {
      const lane = two.meet(host, { headers: Object.entries(headers), address: '10.0.0.9' })?.lane;
      return lane === 'b' ? 'two' : 'one';
    },
    request: async (_host, slot, lane, status) => one.serve(slot, { lane, status, responseMs: 3 }),
  }));
});
