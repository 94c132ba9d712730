/** Paths of `gantry.yml`, judged as text: nothing here looks at a disk. */

/** Why `path` does not stay inside the repository folder, as a phrase; null when it does. */
export function repositoryPathProblem(path: string): string | null {
  if (hasControlCharacter(path)) return 'has a control character in it; rename the file';
  if (path.startsWith('/')) return 'is absolute; write it relative to the folder of gantry.yml';
  if (path.startsWith('~')) return 'points to a home folder; write it relative to the folder of gantry.yml';
  if (path.includes('\\')) return 'has a backslash; folders are separated by "/"';
  return climbs(path) ? 'leads out of the repository by ".."' : null;
}

/** How an app that lies in a folder of a repository names all of that repository. */
export const WHOLE_REPOSITORY = '/';

/** Why `path` cannot be what a build sees, as a phrase; null when it can. */
export function contextProblem(path: string): string | null {
  return path === WHOLE_REPOSITORY ? null : repositoryPathProblem(path);
}

/** Does a build that sees `context` see this file? Both relative to the app's folder. */
export function isInContext(context: string, file: string): boolean {
  return context === WHOLE_REPOSITORY || context === '.' || file.startsWith(`${context}/`);
}

/** Why `path` cannot be a cache folder, as a phrase; null when it can. */
export function cachePathProblem(path: string): string | null {
  const inside = path.startsWith('~/') ? path.slice(2) : path;
  if (path === '~' || inside === '' || inside === '.') return 'is a whole home or workspace; name a folder in it';
  // The list of what a container may be given refuses it anywhere in a path.
  if (inside.includes('..')) return 'has ".." in it; name a folder of the home or the workspace plainly';
  if (path.startsWith('/')) return 'is absolute; write ~/… for the home folder, or a folder of the workspace';
  return repositoryPathProblem(inside);
}

/** Why `pattern` cannot say which changed files start a run, as a phrase; null when it can. */
export function changedPathProblem(pattern: string): string | null {
  const path = pattern.replace(/^!/, '').replace(/^\//, '');
  return path === '' ? 'names no file' : repositoryPathProblem(path);
}

/** One spelling for such a pattern; a folder stands for all that is in it. */
export function plainPattern(pattern: string): string {
  const [, front = '', path = ''] = /^(!?\/?)(.*)$/.exec(pattern) ?? [];
  const plain = plainPath(path);
  if (plain === '.') return `${front}**`;
  return path.endsWith('/') ? `${front}${plain}/**` : `${front}${plain}`;
}

/** Folders of a container that belong to the kernel or to Gantry. */
const FOREIGN_FOLDERS = ['/proc', '/sys', '/dev', '/gantry', '/run/secrets'];

/** Why a configuration file cannot be put at `path` in a container, as a phrase; null when it can. */
export function containerPathProblem(path: string): string | null {
  if (!path.startsWith('/')) return 'is not absolute; write where the file stands in the container';
  if (path.endsWith('/')) return 'is a folder; name the file';
  if (path.split('/').some((part) => part === '..' || part === '.')) return 'has "." or ".." in it; write it plainly';
  const foreign = FOREIGN_FOLDERS.find((folder) => path === folder || path.startsWith(`${folder}/`));
  return foreign === undefined ? null : `lies in ${foreign}, which is not the app's own`;
}

/** One spelling for a path of the repository: without "./", doubled "/" and a trailing "/". */
export function plainPath(path: string): string {
  return (
    path
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/') || '.'
  );
}

function hasControlCharacter(path: string): boolean {
  return [...path].some((letter) => letter < ' ' || letter === '\x7f');
}

function climbs(path: string): boolean {
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}
