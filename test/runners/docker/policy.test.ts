import { expect } from 'chai';
import fc from 'fast-check';
import { parsePipeline } from '../../../pipelines/parse';
import { planPipeline } from '../../../pipelines/plan';
import { cacheVolumes } from '../../../runners/docker/cache-volumes';
import { type ContainerOptions, commandOptions, instanceOptions } from '../../../runners/docker/container-options';
import { writeLabels } from '../../../runners/docker/labels';
import { demandPolicy, violations } from '../../../runners/docker/policy';
import { instanceSpec } from '../cluster-contract';
import { buildCall } from './harness';

const around = {
  network: 'gantry-01234567',
  labels: writeLabels('0123456789abcdef', { app: 'shop', role: 'build' }),
  init: true,
};
const secrets = [{ name: 'NPM_TOKEN', value: Buffer.from('a token of npm') }];
const command = (
  given: { run?: string; env?: Record<string, string>; cache?: string[]; memory?: number } = {},
): ContainerOptions =>
  commandOptions(
    {
      ...buildCall(),
      ...{ image: 'gantry/debian', command: given.run ?? 'true', env: given.env ?? {}, secrets },
      ...{ memory: given.memory ?? 1_000_000, timeoutMs: 1_000, cache: { key: 'shop', paths: given.cache ?? [] } },
    },
    {
      ...around,
      imageId: 'sha256:1',
      env: {},
      caches: cacheVolumes('gantry-01234567', { key: 'shop', paths: given.cache ?? [] }),
    },
  );
const instance = (): ContainerOptions => instanceOptions(instanceSpec('gantry/node', { secrets }), around);

describe('the policy of containers', () => {
  it('lets pass what Gantry makes itself', () => {
    expect(violations(command({ cache: ['~/.m2', 'node_modules'] }))).to.deep.equal([]);
    expect(violations(instance())).to.deep.equal([]);
  });

  it('refuses everything by which a container could leave, whoever puts it in [S11]', () => {
    const loose: [string, object][] = [
      ['Privileged', { Privileged: true }],
      ['Binds', { Binds: ['/:/host'] }],
      ['Mounts', { Mounts: [{ Type: 'bind', Source: '/var/run/docker.sock', Target: '/docker.sock' }] }],
      ['Mounts', { Mounts: [{ Type: 'volume', Source: 'somebody-elses', Target: '/x' }] }],
      ['Mounts', { Mounts: [{ Type: 'volume', Source: 'gantry-1-cache-1', Target: '/run/secrets' }] }],
      ['Devices', { Devices: [{ PathOnHost: '/dev/sda' }] }],
      ['NetworkMode', { NetworkMode: 'host' }],
      ['NetworkMode', { NetworkMode: 'container:abc' }],
      ['PidMode', { PidMode: 'host' }],
      ['IpcMode', { IpcMode: 'host' }],
      ['UTSMode', { UTSMode: 'host' }],
      ['UsernsMode', { UsernsMode: 'host' }],
      ['CapAdd', { CapAdd: ['SYS_ADMIN'] }],
      ['CapAdd', { CapAdd: ['ALL'] }],
      ['CapDrop', { CapDrop: [] }],
      ['SecurityOpt', { SecurityOpt: ['seccomp=unconfined'] }],
      ['SecurityOpt', { SecurityOpt: [] }],
      ['PidsLimit', { PidsLimit: -1 }],
      ['Memory', { Memory: 0 }],
      ['MemorySwap', { MemorySwap: -1 }],
      ['CgroupParent', { CgroupParent: '/' }],
      ['Sysctls', { Sysctls: { 'net.ipv4.ip_forward': '1' } }],
      ['VolumesFrom', { VolumesFrom: ['other'] }],
      ['Runtime', { Runtime: 'other' }],
      ['Tmpfs', { Tmpfs: { '/x': 'exec' } }],
      ['RestartPolicy', { RestartPolicy: { Name: 'always' } }],
    ];
    for (const [key, change] of loose) {
      for (const options of [command(), instance()]) {
        const changed = { ...options, HostConfig: { ...options.HostConfig, ...change } } as ContainerOptions;
        expect(violations(changed), JSON.stringify(change)).to.include(`HostConfig.${key}`);
        expect(() => demandPolicy(changed)).to.throw('which no container of Gantry has');
      }
    }
    for (const key of ['CapDrop', 'SecurityOpt', 'PidsLimit', 'Memory', 'NetworkMode'] as const) {
      const options = command();
      delete options.HostConfig[key];
      expect(violations(options)).to.include(`no HostConfig.${key}`);
    }
    expect(violations({ ...command(), User: '1:1' })).to.deep.equal(['User']);
    expect(violations({ ...command(), Volumes: { '/x': {} } } as ContainerOptions)).to.deep.equal(['Volumes']);
  });

  it('holds for whatever a pipeline says [S11]', () => {
    const word = fc.string({ maxLength: 12 });
    const yaml = fc.record({
      run: fc.string({ minLength: 1, maxLength: 40 }),
      env: fc.dictionary(fc.constantFrom('A', 'PATH', 'LD_PRELOAD', 'DOCKER_HOST', 'HOME'), word, { maxKeys: 3 }),
      cache: fc.array(fc.oneof(fc.constantFrom('~/.m2', 'out', '/var/run', '../..', '~', '/etc'), word), {
        maxLength: 3,
      }),
      memory: fc.constantFrom('64m', '1g', '0', '-1', '999999g'),
      in: fc.oneof(fc.constantFrom('gantry/maven', 'x --privileged', 'a:b@sha256:c'), word),
    });
    let accepted = 0;
    fc.assert(
      fc.property(yaml, (entry) => {
        const text = `app: a1\nbuild:\n  commands: [${JSON.stringify({ name: 'x', ...entry })}]\nserve: { image: {}, port: 1, health: { path: / } }\n`;
        const parsed = parsePipeline(text);
        if (!parsed.ok) return;
        accepted++;
        const step = planPipeline(parsed.spec).steps.find(({ kind }) => kind === 'command');
        if (step?.kind === 'command') expect(violations(command(step.spec))).to.deep.equal([]);
      }),
      { numRuns: 3_000, examples: [[{ run: '!', env: {}, cache: ['.. '], memory: '64m', in: 'a' }]] },
    );
    expect(accepted).to.be.greaterThan(20);
  });
});
