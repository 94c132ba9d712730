import { type ChildProcess, spawn } from 'node:child_process';
import type { SourceToFetch } from '../../engine/apps/source';
import { readSourceUrl, type SourceUrl } from '../../engine/apps/source-url';
import { GantryError } from '../../engine/model/errors';
import { type GitPlace, gitEnvironment } from '../git/environment';
import { ensureRepository, repositoryFolder } from '../git/repository';
import { gitFailed } from '../git/run-git';
import { reachHttps, reachLocal } from './reach-source';
import { withSsh } from './ssh';

/** One question to a source. */
export interface Question {
  /** The `git` command and its options: `['ls-remote', '--heads']`. */
  command: readonly [string, ...string[]];
  /** What follows the address. */
  about: readonly string[];
  limitMs: number;
  /** Ends it, as the time limit does. */
  stop: AbortSignal;
  /** A repository that is there already; else the app's own. */
  folder?: string;
}

/** The error of a ref that could not be written here, such as `a/b` beside `a`. */
export const REF_FAILED = 'ref-failed';

/** The names of a very large repository's refs. */
const OUTPUT_MAX = 64 * 1_048_576;

/**
 * Lets `git` ask the source of an app.
 * @returns what it wrote; undefined when the source has no such ref
 * @throws GantryError `source-url`, `source-inside`, `source-denied`, `host-key-changed`, `outgoing-refused`, `outgoing-unresolved`,
 * `git-failed`, `ref-failed`, `git-missing`.
 */
export async function askSource(
  place: GitPlace,
  app: string,
  source: SourceToFetch,
  question: Question,
): Promise<string | undefined> {
  const address = readSourceUrl(source.url);
  await reachLocal(place, address);
  await ensureRepository(place, app);
  const settings = [
    ...transportSettings(place, address),
    ...credentials(address, source.token),
    ...(await reachHttps(place, address)),
  ];
  const folder = question.folder ?? repositoryFolder(place, app);
  const args = ['-C', folder, ...question.command, '--', address.url, ...question.about];
  const environment = gitEnvironment(place, settings);
  if (address.kind !== 'ssh') return runRemote(args, environment, question);
  if (source.ssh === null) throw noKey();
  return withSsh(place, address, source.ssh, (more) => runRemote(args, { ...environment, ...more }, question));
}

const noKey = (): GantryError =>
  new GantryError('conflict', 'source-key', 'the source has no pinned host, or no key', 'connect it again');

/** Only the transport that the address was recorded with; no second host by a redirect. */
function transportSettings({ forgeCaBundle }: GitPlace, { kind }: SourceUrl): [string, string][] {
  return [
    ...(forgeCaBundle === undefined ? [] : [['http.sslCAInfo', forgeCaBundle] as [string, string]]),
    ['protocol.allow', 'never'],
    [`protocol.${kind === 'local' ? 'file' : kind}.allow`, 'always'],
    ['http.followRedirects', 'false'],
    ['http.lowSpeedLimit', '1000'],
    ['http.lowSpeedTime', '30'],
  ];
}

/** A header for this host only, by the environment: arguments can be read by every user of the machine. */
function credentials({ url, kind }: SourceUrl, token: string | null): [string, string][] {
  if (kind !== 'https' || token === null) return [];
  const { origin, username } = new URL(url);
  // Forges take any user name beside a token; one that was given (a deploy token's) is kept.
  const basic = Buffer.from(`${username || 'x-access-token'}:${token}`).toString('base64');
  return [[`http.${origin}/.extraHeader`, `Authorization: Basic ${basic}`]];
}

function runRemote(
  args: readonly string[],
  env: Record<string, string>,
  { command, limitMs, stop }: Question,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    // Its own group, so that the transport's process can be ended with it.
    const child = spawn('git', args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const ends = AbortSignal.any([stop, AbortSignal.timeout(limitMs)]);
    const end = () => endGroup(child);
    ends.addEventListener('abort', end, { once: true });
    if (ends.aborted) end();
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.length > OUTPUT_MAX) end();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-4_096);
    });
    child.once('error', (error) => reject(gitFailed(command, error, '')));
    child.once('close', (code) => {
      ends.removeEventListener('abort', end);
      if (code === 0) resolve(stdout);
      else if (NO_SUCH_REF.test(stderr)) resolve(undefined);
      else if (stop.aborted)
        reject(new GantryError('unavailable', 'git-failed', 'Gantry was stopped while it fetched'));
      else if (ends.aborted) reject(tooSlow(limitMs));
      else if (stdout.length > OUTPUT_MAX) reject(tooMuch());
      else reject(code === 1 ? refFailed(stderr) : remoteFailed(stderr));
    });
  });
}

/** Git's own words, in the C locale that we give it. */
const NO_SUCH_REF = /^fatal: couldn't find remote ref /m;
const HOST_CHANGED = /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/;
const KEY_DENIED = /Permission denied \(/;
const DENIED = /could not read (Username|Password)|Authentication failed|The requested URL returned error: 40[13]/;

function tooSlow(limitMs: number): GantryError {
  const took = `the source did not answer in full within ${limitMs / 1000} s`;
  return new GantryError('unavailable', 'git-failed', took, 'look whether it answers: git ls-remote URL');
}

function tooMuch(): GantryError {
  const message = `the source names more refs than are read (${OUTPUT_MAX / 1_048_576} MiB)`;
  return new GantryError('unavailable', 'git-failed', message, 'delete branches that nobody needs');
}

function remoteFailed(stderr: string): GantryError {
  if (HOST_CHANGED.test(stderr)) {
    return new GantryError(
      'unavailable',
      'host-key-changed',
      'REFUSED: the host of the source shows another key than the one that was pinned; somebody may stand in between',
      'ask the people of the forge; if they have changed it: gantry app connect APP --source URL --host-key SHA256:…',
    );
  }
  if (KEY_DENIED.test(stderr)) {
    return new GantryError(
      'unavailable',
      'source-denied',
      "the source does not let in this app's key",
      'add it as a deploy key that may read: gantry app key APP',
    );
  }
  if (DENIED.test(stderr)) {
    return new GantryError(
      'unavailable',
      'source-denied',
      'the source wants a token, or another one than Gantry has',
      'give one that may read: gantry app connect APP --source URL --token-stdin',
    );
  }
  return new GantryError('unavailable', 'git-failed', `the source cannot be fetched: ${reasonIn(stderr)}`);
}

/** `git fetch` ends with 1, and not with 128, when the source has answered and a ref could not be written here. */
function refFailed(stderr: string): GantryError {
  return new GantryError('conflict', REF_FAILED, `a ref of the source cannot be written: ${reasonIn(stderr)}`);
}

function reasonIn(stderr: string): string {
  const lines = stderr.trim().split('\n');
  return (lines.find((line) => /^(fatal|error):/.test(line)) ?? 'git gave no reason').slice(0, 500);
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
