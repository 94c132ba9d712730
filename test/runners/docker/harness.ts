import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import { pack } from 'tar-stream';
import type { Bytes, OutputLine } from '../../../engine/ports/bytes';
import type { Labels } from '../../../engine/ports/cluster';
import { fileBytes } from '../../../engine/store/bytes';
import { DockerBuilder } from '../../../runners/docker/builder';
import { DockerCluster } from '../../../runners/docker/cluster';
import { testInstallation } from '../../support/docker-leftovers';

/** A store of bytes in a folder of its own. */
export async function scratchBytes(): Promise<{ bytes: Bytes; folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-bytes-'));
  const bytes = fileBytes(folder, () => randomBytes(8).toString('hex'));
  return { bytes, folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** One installation on the local Docker, with everything that it may make, and a way to remove all of it. */
export interface DockerPlace {
  docker: Docker;
  installation: string;
  network: string;
  bytes: Bytes;
  cluster: DockerCluster;
  builder: DockerBuilder;
  remove: () => Promise<void>;
}

export async function dockerPlace(): Promise<DockerPlace> {
  const { bytes, remove } = await scratchBytes();
  const installation = testInstallation();
  const network = `gantry-${installation}`;
  const docker = new Docker();
  const common = { docker: {}, installation, bytes, network };
  return {
    ...{ docker, installation, network, bytes },
    cluster: new DockerCluster(common),
    builder: new DockerBuilder({ ...common, settings: {} }),
    remove: async () => {
      await removeEverything(docker, installation, network);
      await remove();
    },
  };
}

async function removeEverything(docker: Docker, installation: string, stem: string): Promise<void> {
  const filters = JSON.stringify({ label: [`gantry.installation=${installation}`] });
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true, v: true });
  }
  const named = await docker.listImages({ filters: JSON.stringify({ reference: [`${stem}/*`] }) });
  for (const name of named.flatMap(({ RepoTags }) => RepoTags ?? [])) {
    if (name.startsWith(`${stem}/`)) await docker.getImage(name).remove();
  }
  // Builds that were broken off at their very end, and what was built over, have no name left.
  for (const { Id } of await docker.listImages({ filters })) await docker.getImage(Id).remove({ force: true });
  const { Volumes } = await docker.listVolumes({ filters });
  for (const { Name } of Volumes ?? []) await docker.getVolume(Name).remove();
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove();
}

/** Files as a tar stream. */
export function tarOf(files: Record<string, string>): Readable {
  const archive = pack();
  for (const [name, text] of Object.entries(files)) archive.entry({ name }, text);
  archive.finalize();
  return archive as unknown as Readable;
}

/** A build call whose lines are kept. */
export function buildCall(labels: Partial<Labels> = {}, signal: AbortSignal = new AbortController().signal) {
  const lines: string[] = [];
  return {
    labels: { app: 'shop', role: 'build' as const, ...labels },
    signal,
    lines,
    onLine: (line: OutputLine) => void lines.push(line.toString()),
  };
}

/** 32 hex digits, like the key of an effect. */
export const effect = (): string => randomBytes(16).toString('hex');

/**
 * An app for tests: it does what the variables of docs/dummy.md say, so that one story can be told on both clusters.
 * Beside that it shows injected files, for tests that look into a real container.
 */
export const APP_FILES = {
  Dockerfile: 'FROM gantry/node\nCOPY server.js /server.js\nUSER 10001:10001\nCMD ["node", "/server.js"]\n',
  'server.js': `
const { createServer } = require('node:http');
const { readFileSync, statSync } = require('node:fs');
const { env } = process;
for (const line of (env.DUMMY_LOG ?? '').split('\\\\n')) console.log(line);
if (env.DUMMY_EXIT) process.exit(Number(env.DUMMY_EXIT));
if (env.DUMMY_OOM) for (const kept = []; ; ) kept.push(Buffer.alloc(1 << 20, 1));
const readyAt = Date.now() + Number(env.DUMMY_SLEEP_MS ?? 0);
process.on('SIGTERM', () => { console.log('asked to end'); process.exit(0); });
createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://app');
  if (pathname === '/die') process.exit(9);
  if (pathname === '/file') {
    const path = searchParams.get('path');
    return response.end(JSON.stringify({ text: readFileSync(path, 'utf8'), mode: statSync(path).mode & 0o777 }));
  }
  response.statusCode = !env.DUMMY_NEVER_HEALTHY && Date.now() >= readyAt ? 200 : 503;
  response.end('health');
}).listen(8080);
`,
};

/** Builds the app for tests; its image ID. */
export async function buildTestApp(place: DockerPlace): Promise<string> {
  const context = tarOf(APP_FILES);
  const request = { dockerfile: 'Dockerfile', target: null, args: {}, app: 'shop', context };
  return (await place.builder.buildImage({ ...buildCall(), ...request })).imageId;
}
