import { type ChildProcess, spawn } from 'node:child_process';
import { readSourceUrl } from '../../engine/apps/source-url';
import { GantryError } from '../../engine/model/errors';
import { isBranchOrTag } from '../../engine/model/ref-name';
import { type GitPlace, gitEnvironment } from '../git/environment';
import { ensureRepository, repositoryFolder } from '../git/repository';
import { gitFailed, runGit } from '../git/run-git';
import { FETCH_MS, GIT_READ_MS } from '../limits';

export interface Source {
  url: string;
  token: string | null;
}

/**
 * Brings one branch or tag of the source into the app's own repository, as it stands there now.
 * @param stop ends the fetch, as the time limit does; nothing half-done is left in the repository's refs
 * @returns the head after it; undefined when the source has no such ref any more
 * @throws GantryError `ref-name`, `source-url`, `source-denied`, `git-failed`, `git-missing`.
 */
export async function fetchRef(
  place: GitPlace,
  app: string,
  source: Source,
  ref: string,
  stop: AbortSignal,
): Promise<string | undefined> {
  if (!isBranchOrTag(ref)) throw new GantryError('invalid', 'ref-name', 'that is no name of a branch or tag');
  const { url, kind } = readSourceUrl(source.url);
  await ensureRepository(place, app);
  const folder = repositoryFolder(place, app);
  const settings = [...fetchSettings(place, kind), ...credentials(url, kind, source.token)];
  const args = [
    ...['-C', folder, 'fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'],
    ...['--', url, `+${ref}:${ref}`],
  ];
  if (!(await runFetch(place, args, settings, stop))) return undefined;
  const head = await runGit(place, ['-C', folder, 'show-ref', '--verify', '--hash', '--', ref], GIT_READ_MS);
  return head.trim();
}

/** Only the transport that the address was recorded with; no second host by a redirect. */
function fetchSettings({ forgeCaBundle }: GitPlace, kind: 'https' | 'local'): [string, string][] {
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
function credentials(url: string, kind: 'https' | 'local', token: string | null): [string, string][] {
  if (kind === 'local' || token === null) return [];
  const { origin, username } = new URL(url);
  // Forges take any user name beside a token; one that was given (a deploy token's) is kept.
  const basic = Buffer.from(`${username || 'x-access-token'}:${token}`).toString('base64');
  return [[`http.${origin}/.extraHeader`, `Authorization: Basic ${basic}`]];
}

/** Resolves with false when the source has no such ref. */
function runFetch(
  place: GitPlace,
  args: readonly string[],
  settings: readonly [string, string][],
  stop: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    // Its own group, so that the transport's process can be ended with it.
    const child = spawn('git', args, {
      env: gitEnvironment(place, settings),
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    const ends = AbortSignal.any([stop, AbortSignal.timeout(FETCH_MS)]);
    const end = () => endGroup(child);
    ends.addEventListener('abort', end, { once: true });
    if (ends.aborted) end();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-4_096);
    });
    child.once('error', (error) => reject(gitFailed(['fetch'], error, '')));
    child.once('close', (code) => {
      ends.removeEventListener('abort', end);
      if (code === 0) resolve(true);
      else if (NO_SUCH_REF.test(stderr)) resolve(false);
      else reject(fetchFailed(stderr, ends.aborted, stop.aborted));
    });
  });
}

/** Git's own words, in the C locale that we give it. */
const NO_SUCH_REF = /^fatal: couldn't find remote ref /m;
const DENIED = /could not read (Username|Password)|Authentication failed|The requested URL returned error: 40[13]/;

function fetchFailed(stderr: string, ended: boolean, stopped: boolean): GantryError {
  if (stopped) return new GantryError('unavailable', 'git-failed', 'Gantry was stopped while it fetched');
  if (ended) {
    const took = `the source did not hand out its commits within ${FETCH_MS / 1000} s`;
    return new GantryError('unavailable', 'git-failed', took, 'look whether it answers: git ls-remote URL');
  }
  if (DENIED.test(stderr)) {
    return new GantryError(
      'unavailable',
      'source-denied',
      'the source wants a token, or another one than Gantry has',
      'give one that may read: gantry app connect APP --source URL --token-stdin',
    );
  }
  const words =
    stderr
      .trim()
      .split('\n')
      .find((line) => /^(fatal|error):/.test(line)) ?? 'git fetch gave no reason';
  return new GantryError('unavailable', 'git-failed', `the source cannot be fetched: ${words.slice(0, 500)}`);
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
