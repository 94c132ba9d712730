import type Docker from 'dockerode';
import type { CommandRequest } from '../../engine/ports/builder';
import type { InstanceSpec } from '../../engine/ports/cluster';
import { BUILD_HOME, WORK_FOLDER } from './build-folders';
import type { CacheVolume } from './cache-volumes';
import { SECRETS_SCRIPT, SECRETS_TMPFS } from './secret-files';

/**
 * The closed list of what Gantry asks of Docker for a container. Nothing that a user writes reaches Docker except
 * through a field named here: no privileged mode, no host mounts, no devices, no host network.
 */
export type ContainerOptions = Docker.ContainerCreateOptions & { HostConfig: Docker.HostConfig };

const NANO = 1_000_000_000;
const MAX_PROCESSES = 512;
const MAX_BUILD_PROCESSES = 4_096;
/** A quarter of what an instance has when the processors are short; all that is idle otherwise. */
const BUILD_SHARES = 256;
/** Enough for a look back, little enough that a chatty app cannot fill the disk. */
const LOG = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } };
/**
 * What installing packages and unpacking archives as root needs. A build container is thrown away after its command,
 * has no mounts but its caches, and no way to more (no-new-privileges).
 */
const BUILD_CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];

export interface InstanceSurroundings {
  network: string;
  labels: Record<string, string>;
  /** Whether the engine has `docker-init`: then the app is not PID 1, so it need not reap, and SIGTERM ends it. */
  init: boolean;
}

/**
 * An instance of a release. It has no restart policy yet: an app that dies at its start shall stay dead, so that its
 * exit code and output can be read; `RESTART_ALWAYS` follows when it was healthy once.
 */
export function instanceOptions(spec: InstanceSpec, around: InstanceSurroundings): ContainerOptions {
  return {
    name: spec.name,
    Image: spec.image,
    Labels: around.labels,
    Env: envList(spec.env),
    ExposedPorts: { [`${spec.port}/tcp`]: {} },
    StopTimeout: Math.ceil(spec.stopGraceMs / 1000),
    HostConfig: {
      NetworkMode: around.network,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: MAX_PROCESSES,
      Memory: spec.resources.memory,
      MemorySwap: spec.resources.memory,
      NanoCpus: Math.round(spec.resources.cpus * NANO),
      Init: around.init,
      RestartPolicy: { Name: 'no' },
      LogConfig: LOG,
    },
  };
}

/** Given to an instance after it was healthy: from then on Docker alone brings it back, whatever becomes of Gantry. */
export const RESTART_ALWAYS = { RestartPolicy: { Name: 'unless-stopped' } } as const;

export interface CommandSurroundings {
  network: string;
  labels: Record<string, string>;
  init: boolean;
  imageId: string;
  env: Record<string, string>;
  caches: readonly CacheVolume[];
}

/** One command of a user, with the workspace as its folder. Its output is read while it runs, so no log is kept. */
export function commandOptions(request: CommandRequest, around: CommandSurroundings): ContainerOptions {
  const isGivenSecrets = (request.secrets?.length ?? 0) > 0;
  const start = isGivenSecrets
    ? { Cmd: [SECRETS_SCRIPT, 'sh', request.command], OpenStdin: true, StdinOnce: true, AttachStdin: true }
    : { Cmd: [request.command] };
  return {
    Image: around.imageId,
    Labels: around.labels,
    User: '0:0',
    WorkingDir: WORK_FOLDER,
    Entrypoint: ['sh', '-c'],
    ...start,
    Env: envList({ HOME: BUILD_HOME, ...around.env, ...request.env }),
    AttachStdout: true,
    AttachStderr: true,
    ...(around.network === 'none' ? {} : { NetworkingConfig: withoutMetadata(around.network) }),
    HostConfig: {
      NetworkMode: around.network,
      ExtraHosts: Object.entries(request.hosts ?? {}).map(([host, address]) => `${host}:${address}`),
      ...(isGivenSecrets ? { Tmpfs: SECRETS_TMPFS } : {}),
      Mounts: around.caches.map(({ name, path }) => ({ Type: 'volume', Source: name, Target: path })),
      CapDrop: ['ALL'],
      CapAdd: BUILD_CAPABILITIES,
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: MAX_BUILD_PROCESSES,
      Memory: request.memory,
      MemorySwap: request.memory,
      CpuShares: BUILD_SHARES,
      Init: around.init,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'none', Config: {} },
    },
  };
}

/**
 * The address of a cloud's metadata service, which tells whoever asks what the host itself may do. The container is given
 * it as one of its own, and with it the route to all such addresses: whoever calls it calls themselves.
 */
const METADATA = '169.254.169.254';
const withoutMetadata = (network: string): Docker.ContainerCreateOptions['NetworkingConfig'] => ({
  EndpointsConfig: { [network]: { IPAMConfig: { LinkLocalIPs: [METADATA] } } },
});

const envList = (env: Record<string, string>): string[] =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`);
