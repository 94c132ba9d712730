import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tryPort } from '../processes/ports';
import type { DockerState } from './docker-state';

/** One object in Docker, as two looks compare it. */
export interface DockerObject {
  kind: 'container' | 'image' | 'network' | 'volume';
  /** Name and id, so that an object that was replaced counts as two differences. */
  key: string;
  name: string;
  /** `ours`, of another installation of Gantry, a base image, or unknown whose. */
  of: string;
}

const BASES = /^gantry\/[a-z]+:latest$/;
const STEM = /^gantry-([0-9a-f]{8})([-/]|$)/;

/** Whose it is: by its label, else by its name. An app's image inherits its base's label, so that tells nothing. */
function ownerOf(name: string, labels: Record<string, string> | null): string {
  const installation = labels?.['gantry.installation']?.slice(0, 8) ?? STEM.exec(name)?.[1];
  if (installation !== undefined) return installation;
  const dangling = name.startsWith('<none>');
  return BASES.test(name) || (dangling && labels?.['gantry.base'] !== undefined) ? 'base' : '';
}

/** Everything in Docker but the build cache, which has an own limit and serves the next build. */
export async function dockerObjects(docker: DockerState): Promise<DockerObject[]> {
  const [containers, images, networks, volumes] = await Promise.all([
    docker.containers(),
    docker.images(),
    docker.networks(),
    docker.volumes(),
  ]);
  const make = (kind: DockerObject['kind'], id: string, name: string, labels: Record<string, string> | null) => ({
    kind,
    key: `${kind} ${name} ${id}`,
    name,
    of: ownerOf(name, labels),
  });
  return [
    ...containers.map((one) => make('container', one.Id, (one.Names[0] ?? one.Id).replace(/^\//, ''), one.Labels)),
    ...images.flatMap((one) => namesOf(one).map((name) => make('image', one.Id, name, one.Labels))),
    ...networks.map((one) => make('network', one.Id, one.Name, one.Labels)),
    ...volumes.map((one) => make('volume', one.Name, one.Name, one.Labels)),
  ];
}

function namesOf({ Id, RepoTags }: { Id: string; RepoTags: string[] | null }): string[] {
  const names = (RepoTags ?? []).filter((name) => name !== '<none>:<none>');
  return names.length > 0 ? names : [`<none> ${Id.slice(7, 19)}`];
}

export interface Compared {
  /** What is there and was not, or was there and is not, in words. */
  differences: string[];
  /** Objects of other installations that came or went meanwhile: not ours to judge. */
  others: number;
}

/** Compares Docker before and after. @param installation ours; what other ones did meanwhile is only counted */
export function compareDocker(
  before: readonly DockerObject[],
  after: readonly DockerObject[],
  installation: string,
): Compared {
  const own = installation.slice(0, 8);
  const missing = (from: readonly DockerObject[], to: readonly DockerObject[]) => {
    const keys = new Set(to.map(({ key }) => key));
    return from.filter(({ key, of }) => !keys.has(key) && of !== 'base');
  };
  const came = missing(after, before);
  const went = missing(before, after);
  const foreign = ({ of }: DockerObject): boolean => of !== '' && of !== own;
  return {
    differences: [
      ...came.filter((one) => !foreign(one)).map(({ kind, name }) => `${kind} ${name} was left behind`),
      ...went.filter((one) => !foreign(one)).map(({ kind, name }) => `${kind} ${name} was there before and is gone`),
    ],
    others: [...came, ...went].filter(foreign).length,
  };
}

/** Processes that have the folder in their command line or environment, this one left out. */
export function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .filter((pid) => `${read(`/proc/${pid}/cmdline`)}\0${read(`/proc/${pid}/environ`)}`.includes(folder))
    .map((pid) => `process ${pid} (${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 80)})`);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // It ended while we looked, or belongs to another user, whose processes are not ours.
    return '';
  }
}

/** What the demo left on the host: its processes, its folder, its ports. */
export async function hostLeftovers(
  folder: string,
  addresses: readonly { host: string; port: number }[],
): Promise<string[]> {
  const left = processesOf(folder).map((one) => `${one} still runs`);
  if (existsSync(folder)) left.push(`the folder ${folder} is still there`);
  for (const { host, port } of addresses) {
    if (!(await tryPort(host, port)).free) left.push(`something still listens at ${host}:${port}`);
  }
  return left;
}
