import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GantryError, messageOf } from '../../engine/model/errors';
import type { RunnerSettings } from '../../settings';
import { repositoriesOf } from './data';

const run = promisify(execFile);
/** A large repository takes minutes. */
const GIT_MS = 30 * 60_000;

type Place = Pick<RunnerSettings, 'home' | 'programs'>;

/** Every repository as one bundle, which is whole whatever is pushed meanwhile, with its settings beside it. */
export async function bundleRepositories(place: Place, folder: string): Promise<string[]> {
  const target = repositoriesOf(folder);
  await mkdir(target, { recursive: true, mode: 0o700 });
  const made: string[] = [];
  for (const name of await repositoriesIn(repositoriesOf(place.home), '.git')) {
    const repository = join(repositoriesOf(place.home), `${name}.git`);
    const bundle = join(target, `${name}.bundle`);
    // Git refuses to bundle nothing: an app that was created and never pushed to.
    if ((await git(place, ['-C', repository, 'for-each-ref', '--count=1'])) === '') continue;
    await git(place, ['-C', repository, 'bundle', 'create', '--quiet', `${bundle}.new`, '--all']);
    await rename(`${bundle}.new`, bundle);
    await copyFile(join(repository, 'config'), join(target, `${name}.config`));
    made.push(name);
  }
  return made;
}

/** Makes those repositories again that have a bundle and are not there. */
export async function unbundleRepositories(place: Place, folder: string): Promise<string[]> {
  const source = repositoriesOf(folder);
  const target = repositoriesOf(place.home);
  if (!existsSync(source)) return [];
  await mkdir(target, { recursive: true, mode: 0o700 });
  const made: string[] = [];
  for (const name of await repositoriesIn(source, '.bundle')) {
    const repository = join(target, `${name}.git`);
    if (existsSync(repository)) continue;
    const fresh = `${repository}.new`;
    await rm(fresh, { recursive: true, force: true });
    await git(place, ['clone', '--quiet', '--mirror', '--template=', join(source, `${name}.bundle`), fresh]);
    await copyFile(join(source, `${name}.config`), join(fresh, 'config'));
    await rename(fresh, repository);
    made.push(name);
  }
  return made;
}

async function repositoriesIn(folder: string, extension: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder)).filter((name) => name.endsWith(extension) && !name.startsWith('.'));
  return names.map((name) => name.slice(0, -extension.length)).sort();
}

/** Nothing of the user's own configuration has a say. */
async function git({ home, programs }: Place, args: readonly string[]): Promise<string> {
  const env = {
    PATH: programs,
    HOME: home,
    LC_ALL: 'C.UTF-8',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
  };
  try {
    return (await run('git', args, { env, timeout: GIT_MS })).stdout;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1);
    const why = said === undefined || said === '' ? messageOf(error) : said;
    throw new GantryError('unavailable', 'git-failed', `git could not copy a repository: ${why}`, 'see gantry doctor', {
      cause: error,
    });
  }
}
