import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GIT_READ_MS } from '../limits';
import type { GitPlace } from './environment';
import { runGit } from './run-git';

export const repositoriesFolder = ({ home }: Pick<GitPlace, 'home'>): string => join(home, 'git');

/** Of a known app's name only: what comes from an address must have been found in SQL before. */
export const repositoryFolder = (place: Pick<GitPlace, 'home'>, app: string): string =>
  join(repositoriesFolder(place), `${app}.git`);

/** Makes the bare repository unless it is there; it appears whole or not at all. */
export async function ensureRepository(place: GitPlace, app: string): Promise<void> {
  const folder = repositoryFolder(place, app);
  if (await exists(folder)) return;
  const fresh = join(repositoriesFolder(place), `.new-${randomBytes(6).toString('hex')}`);
  await mkdir(repositoriesFolder(place), { recursive: true, mode: 0o700 });
  try {
    await runGit(place, ['init', '--quiet', '--bare', '--template=', '--initial-branch=main', fresh], GIT_READ_MS);
    for (const [key, value] of REPOSITORY_SETTINGS) {
      await runGit(place, ['-C', fresh, 'config', key, value], GIT_READ_MS);
    }
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Two requests at once: the first one's repository is as good as ours.
    if (!(await exists(folder))) throw error;
  }
}

const REPOSITORY_SETTINGS = [
  ['http.receivepack', 'true'],
  ['http.getanyfile', 'false'],
  ['receive.advertisePushOptions', 'true'],
  ['receive.denyNonFastForwards', 'false'],
  ['receive.denyDeletes', 'false'],
] as const;

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
