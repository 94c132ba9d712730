import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { type BuildSettings, proxyVariables } from './build-settings';

/** The public image that is wanted; only ever read, never tagged. */
const PUBLIC = { repository: 'debian', tag: 'bookworm-slim' };
/** A tag of ours, for the few seconds between getting the root and building on it. */
const TEMPORARY = { repo: 'gantry/debian', tag: 'rootfs' };
const REGISTRY_LIMIT_MS = 5_000;

/** As Debian's own slim image: no manuals, no translations; licences stay. */
const SLIM = [
  '--dpkgopt=path-exclude=/usr/share/man/*',
  '--dpkgopt=path-exclude=/usr/share/locale/*',
  '--dpkgopt=path-exclude=/usr/share/info/*',
  '--dpkgopt=path-exclude=/usr/share/doc/*',
  '--dpkgopt=path-include=/usr/share/doc/*/copyright',
];

export interface RootFilesystem {
  /** What `FROM` may say. */
  reference: string;
  /** Takes away what was only needed for the build. */
  release(): Promise<void>;
}

/**
 * Debian 12 as an image to build on: the local `debian:bookworm-slim` when it is there, else from a registry that
 * answers within 5 s, else bootstrapped from Debian's packages. No public tag is created or moved.
 */
export async function rootFilesystem(
  docker: Docker,
  settings: BuildSettings,
  environment: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
): Promise<RootFilesystem> {
  const local = `${PUBLIC.repository}:${PUBLIC.tag}`;
  if (settings.registryMirror === undefined && (await imageExists(docker, local))) {
    return { reference: local, release: async () => undefined };
  }
  const pulled = await pullByDigest(docker, settings, onLine);
  if (pulled !== undefined) {
    await docker.getImage(pulled).tag(TEMPORARY);
    await docker.getImage(pulled).remove();
  } else {
    await bootstrap(docker, settings, environment, onLine);
  }
  const reference = `${TEMPORARY.repo}:${TEMPORARY.tag}`;
  return { reference, release: async () => void (await docker.getImage(reference).remove()) };
}

export async function imageExists(docker: Docker, reference: string): Promise<boolean> {
  return docker
    .getImage(reference)
    .inspect()
    .then(
      () => true,
      (error: { statusCode?: number }) => {
        if (error.statusCode === 404) {
          return false;
        }
        throw error;
      },
    );
}

/** Pulls by digest, which makes no tag. Undefined when no registry answers in time: then there are other ways. */
async function pullByDigest(
  docker: Docker,
  settings: BuildSettings,
  onLine: (line: string) => void,
): Promise<string | undefined> {
  const name =
    settings.registryMirror === undefined ? PUBLIC.repository : `${settings.registryMirror}/${PUBLIC.repository}`;
  const authconfig =
    settings.registryUser === undefined
      ? undefined
      : { username: settings.registryUser, password: settings.registryPassword ?? '' };
  onLine(`asking ${settings.registryMirror ?? 'the public registry'} for ${name}:${PUBLIC.tag}`);
  try {
    const limit = AbortSignal.timeout(REGISTRY_LIMIT_MS);
    const auth = authconfig === undefined ? {} : { authconfig };
    const found = await withLimit(docker.getImage(`${name}:${PUBLIC.tag}`).distribution(auth), limit);
    const reference = `${name}@${(found as { Descriptor: { digest: string } }).Descriptor.digest}`;
    onLine(`pulling ${reference}`);
    const stream = await docker.pull(reference, auth);
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(stream, (error) => (error === null ? resolve() : reject(error)));
    });
    return reference;
  } catch (error) {
    onLine(`no registry (${(error as Error).message.split('\n')[0]}); taking Debian's packages instead`);
    return undefined;
  }
}

async function withLimit<T>(work: Promise<T>, limit: AbortSignal): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    limit.addEventListener('abort', () => reject(new Error(`no answer within ${REGISTRY_LIMIT_MS / 1000} s`)));
  });
  return Promise.race([work, late]);
}

async function bootstrap(
  docker: Docker,
  settings: BuildSettings,
  environment: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
): Promise<void> {
  const args = ['--variant=minbase', '--include=ca-certificates', '--format=tar', ...SLIM, 'bookworm', '-'];
  if (settings.debianMirror !== undefined) {
    args.push(settings.debianMirror);
  }
  onLine('bootstrapping Debian 12 with mmdebstrap (about 20 s)');
  const child = spawn('mmdebstrap', args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment, ...proxyVariables(settings) },
  });
  const printed: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    printed.push(line);
    onLine(line);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', (cause) => reject(bootstrapError(cause.message, printed, cause)));
    child.on('close', (code) => (code === 0 ? resolve() : reject(bootstrapError(`exit ${code}`, printed))));
  });
  // Asked only when there is something to send: a request that says nothing for a minute is given up by its sender.
  const importing = once(child.stdout, 'readable').then(() => importArchive(docker, child.stdout));
  try {
    await Promise.race([importing, ended]);
    await importing;
  } catch (error) {
    // Whichever failed first has the true reason. A program that nobody reads any longer would wait for ever.
    if (child.exitCode !== null || child.signalCode !== null) await ended;
    child.stdout.destroy();
    throw error;
  }
  await ended;
}

async function importArchive(docker: Docker, archive: Readable): Promise<void> {
  const answer = await docker.importImage(archive as unknown as string, { ...TEMPORARY, changes: ['CMD ["bash"]'] });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(answer, (error) => (error === null ? resolve() : reject(error)));
  });
}

function bootstrapError(reason: string, printed: readonly string[], cause?: Error): Error {
  const last = printed.slice(-10).map((line) => `  ${line}`);
  return new Error(
    [
      `Debian could not be bootstrapped by mmdebstrap (${reason}), and no registry has debian:bookworm-slim.`,
      'It is installed by: apt-get install mmdebstrap; as an ordinary user it also needs user namespaces and uidmap.',
      ...last,
    ].join('\n'),
    cause === undefined ? {} : { cause },
  );
}
