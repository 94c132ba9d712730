import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { get as getPlain, type IncomingMessage, Agent as PlainAgent } from 'node:http';
import { Agent, get } from 'node:https';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { rootCertificates } from 'node:tls';
import { messageOf } from '../../engine/model/errors';
import { type BuildSettings, proxyVariables } from './build-settings';

const CENTRAL = 'https://repo.maven.apache.org/maven2';
const LIMIT_MS = 15 * 60_000;

/** A file of a Maven repository that becomes part of a base image. */
export interface MavenFile {
  /** In the repository: group as folders, artifact, version, file. */
  path: string;
  /** In hex. A file with other bytes is not taken, whoever sent it. */
  sha256: string;
}

export interface MavenSettings {
  /** Folder that keeps what was fetched. */
  cacheFolder: string;
  /** PEM text of what the host trusts. */
  certificates: string;
  settings: BuildSettings;
}

/**
 * The path of a file from Maven Central or its mirror, fetched once and checked each time.
 * @throws Error that names the file, the reason and the next act
 */
export async function mavenFile(file: MavenFile, where: MavenSettings): Promise<string> {
  const folder = join(where.cacheFolder, 'packages');
  const kept = join(folder, basename(file.path));
  if ((await digestOf(kept)) === file.sha256) return kept;
  await mkdir(folder, { recursive: true });
  const url = `${where.settings.mavenMirror?.replace(/\/+$/, '') ?? CENTRAL}/${file.path}`;
  const part = join(folder, `fetch-${randomUUID()}`);
  try {
    await fetchInto(part, new URL(url), where);
    const digest = await digestOf(part);
    if (digest !== file.sha256) throw new Error(`its sha256 is ${digest}, the recipe says ${file.sha256}`);
    await rename(part, kept);
    return kept;
  } catch (cause) {
    const { host, pathname } = new URL(url);
    throw new Error(
      `${basename(file.path)}, part of a base image, could not be fetched from ${host}${pathname} (${messageOf(cause)}). ` +
        `Look whether this machine reaches it, name a mirror in GANTRY_BUILD_MAVEN_MIRROR, or put the file into ${folder}.`,
      { cause },
    );
  } finally {
    await rm(part, { force: true });
  }
}

async function fetchInto(path: string, url: URL, { certificates, settings }: MavenSettings): Promise<void> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const proxyEnv = proxyVariables(settings);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const request =
      url.protocol === 'https:'
        ? get(url, { signal, agent: new Agent({ proxyEnv, ca: [...rootCertificates, certificates] }) }, resolve)
        : getPlain(url, { signal, agent: new PlainAgent({ proxyEnv }) }, resolve);
    request.on('error', reject);
  });
  if (answer.statusCode !== 200) {
    answer.resume();
    throw new Error(`the answer was ${answer.statusCode}`);
  }
  await pipeline(answer, createWriteStream(path), { signal });
}

/** Undefined when there is no such file. */
async function digestOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return hash.digest('hex');
}
