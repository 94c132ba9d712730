import type { ClusterDescription } from '../../engine/ports/cluster';
import { type DockerClient, renamed } from './client';

/** The parts of `docker info` that matter here; the client's own types leave some of them out. */
interface EngineInfo {
  ServerVersion: string;
  LiveRestoreEnabled: boolean;
  MemoryLimit: boolean;
  SwapLimit: boolean;
  PidsLimit?: boolean;
  CpuCfsQuota?: boolean;
  InitCommit?: { ID: string };
  CgroupVersion?: string;
  /** Pairs of name and value. */
  DriverStatus?: [string, string][];
}

/** Version and what a release manager should know of this engine. */
export async function describeEngine(client: DockerClient): Promise<ClusterDescription> {
  const info = await engineInfo(client);
  return { kind: 'docker', version: info.ServerVersion, warnings: warningsOf(info) };
}

/** The oldest Docker Engine that Gantry is tested with is 20.10, which speaks this. */
const OLDEST_API = '1.41';

/** What an engine is, for people who compare two machines. */
export interface EngineFacts {
  version: string;
  api: string;
  /** Of the control groups; engines before 20.10 do not tell. */
  cgroup: string;
  /** Where images lie. In containerd's store an image's ID is the digest of its manifest, not of its configuration. */
  images: 'layers' | 'containerd';
  tooOld: boolean;
}

export async function engineFacts(client: DockerClient): Promise<EngineFacts> {
  const version = await renamed(client, 'tell its version', client.calls.version());
  return factsOf(await engineInfo(client), version.ApiVersion);
}

export function factsOf(
  info: Pick<EngineInfo, 'ServerVersion' | 'CgroupVersion' | 'DriverStatus'>,
  api: string,
): EngineFacts {
  const isContainerd = info.DriverStatus?.some(([, value]) => value.startsWith('io.containerd.snapshotter'));
  return {
    version: info.ServerVersion,
    api,
    cgroup: info.CgroupVersion ?? '1',
    images: isContainerd === true ? 'containerd' : 'layers',
    tooOld: isBefore(api, OLDEST_API),
  };
}

function isBefore(api: string, other: string): boolean {
  const [major = 0, minor = 0] = api.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}

export function warningsOf(info: EngineInfo): string[] {
  const warnings: string[] = [];
  const say = (isSo: boolean, warning: string): void => void (isSo && warnings.push(warning));
  say(
    !info.LiveRestoreEnabled,
    'a restart of Docker stops every container until Docker is back: "live-restore" is off in /etc/docker/daemon.json',
  );
  say(!info.MemoryLimit, 'memory limits of instances have no effect: the kernel does not offer them');
  say(!info.SwapLimit, 'instances may use swap beyond their memory limit: the kernel does not count swap');
  say(info.PidsLimit === false, 'an instance may start any number of processes: the kernel does not limit them');
  say(info.CpuCfsQuota === false, 'CPU limits of instances have no effect: the kernel does not offer them');
  say(!initThere(info), 'docker-init is missing, so an app runs as PID 1: it must handle SIGTERM itself');
  return warnings;
}

const known = new WeakMap<DockerClient, Promise<boolean>>();

/** Whether containers can be given `docker-init`; asked once per engine, since that changes only with its packages. */
export function hasInit(client: DockerClient): Promise<boolean> {
  const asked = known.get(client) ?? engineInfo(client).then(initThere);
  known.set(client, asked);
  asked.catch(() => known.delete(client));
  return asked;
}

/** Docker runs `docker-init --version` and says N/A when it could not; a distributor's build may have no commit. */
const initThere = (info: EngineInfo): boolean => info.InitCommit?.ID !== 'N/A';

async function engineInfo(client: DockerClient): Promise<EngineInfo> {
  return (await renamed(client, 'describe itself', client.calls.info())) as EngineInfo;
}
