import { APP_NAME_MAX } from './limits';
import { appNameProblem } from './names';
import { PIPELINE_FILE } from './parse';
import { findCompose } from './proposals/compose';
import { findDockerfile } from './proposals/dockerfile';
import type { Finding, RepositoryFile } from './proposals/finding';
import { findGo, GO_TEXTS } from './proposals/go';
import { findGradle } from './proposals/gradle';
import { findMaven } from './proposals/maven';
import { findNpm } from './proposals/npm';
import { findPython, PYTHON_TEXTS } from './proposals/python';
import { writeDockerfile, writeProposal, writeSkeleton } from './proposals/write';

export type { RepositoryFile } from './proposals/finding';

export interface Proposal {
  /** The app's name: a DNS label. */
  app: string;
  /** The proposed `gantry.yml`. */
  text: string;
  /** A Dockerfile that it needs and that is not there yet; its path is relative to `gantry.yml`. */
  dockerfile: { path: string; text: string } | null;
  /** Why it looks as it does, one sentence each. */
  why: string[];
  /** Does it parse and lint clean? A skeleton does not, until somebody fills it in. */
  complete: boolean;
}

/** A proposal for a folder of a repository; `.` is the repository itself. */
export interface FolderProposal extends Proposal {
  folder: string;
}

/** The most explicit first: who wrote a Dockerfile has said what runs. */
const FINDERS = [findDockerfile, findCompose, findMaven, findGradle, findNpm, findGo, findPython];

/** Files that tell what kind of project a folder holds. */
const MARKER =
  /^(Dockerfile|(docker-)?compose\.ya?ml|pom\.xml|build\.gradle(\.kts)?|package\.json|go\.mod|requirements\.txt|pyproject\.toml)$/;
/** Apps are looked for in folders no deeper than this. */
const FOLDERS_DEEP = 3;
const APPS_MAX = 50;

/** Files whose text helps to propose; for all others the path is enough. */
export function isTextWanted(path: string): boolean {
  if (/(^|\/)Dockerfile$/.test(path)) return true;
  const parts = path.split('/');
  const inFolder = parts.slice(0, FOLDERS_DEEP + 1).map((_, depth) => parts.slice(depth).join('/'));
  return inFolder.some(
    (at) => MARKER.test(at) || at === 'package-lock.json' || GO_TEXTS.test(at) || PYTHON_TEXTS.test(at),
  );
}

/** A `gantry.yml` for an app that has none, made from what is there. `appName` is made a DNS label. */
export function proposePipeline(files: readonly RepositoryFile[], appName: string): Proposal {
  const app = labelFrom(appName);
  const finding = findIn(files);
  if (finding === null) {
    const why = ['No Dockerfile and no build file that is known was found: this is a skeleton to fill in.'];
    return { app, text: writeSkeleton(app), dockerfile: null, why, complete: false };
  }
  const { why } = finding;
  return { app, text: writeProposal(app, finding), dockerfile: writeDockerfile(finding), why, complete: true };
}

/**
 * One proposal for a repository that is an app, or one for each of its folders that is. The app of a folder is called
 * like the folder; two of one name get the folder above it as well.
 */
export function proposeApps(files: readonly RepositoryFile[], name: string): FolderProposal[] {
  const whole = proposePipeline(files, name);
  const folders = files.some(({ path }) => path === PIPELINE_FILE) ? [] : appFolders(files);
  // The only Dockerfile of a repository is the whole app's, unless other folders are apps, too.
  const several = folders.length > 1 && !(whole.complete && files.some(({ path }) => MARKER.test(path)));
  if (!several && (whole.complete || folders.length === 0)) return [{ folder: '.', ...whole }];
  const names = folders.map((folder) => labelFrom(lastOf(folder)));
  return folders.map((folder, index) => {
    const label = names[index] ?? '';
    const isOnly = names.filter((each) => each === label).length === 1;
    return { folder, ...proposePipeline(inFolder(files, folder), isOnly ? label : folder) };
  });
}

function findIn(files: readonly RepositoryFile[]): Finding | null {
  for (const find of FINDERS) {
    const finding = find(files);
    if (finding !== null) return finding;
  }
  return null;
}

/** Folders that are an app each, or could be, none inside another. */
function appFolders(files: readonly RepositoryFile[]): string[] {
  const isTelling = (name: string): boolean => MARKER.test(name) || name === PIPELINE_FILE;
  const marked = files.filter(({ path }) => path.includes('/') && isTelling(lastOf(path)));
  const folders = [...new Set(marked.map(({ path }) => path.slice(0, path.lastIndexOf('/'))))].sort();
  const apps: string[] = [];
  for (const folder of folders.filter((each) => each.split('/').length <= FOLDERS_DEEP)) {
    const isInside = apps.some((app) => folder.startsWith(`${app}/`));
    const own = inFolder(files, folder);
    const isApp = own.some(({ path }) => path === PIPELINE_FILE) || findIn(own) !== null;
    if (!isInside && apps.length < APPS_MAX && isApp) apps.push(folder);
  }
  return apps;
}

function inFolder(files: readonly RepositoryFile[], folder: string): RepositoryFile[] {
  const prefix = `${folder}/`;
  return files
    .filter(({ path }) => path.startsWith(prefix))
    .map((file) => ({ ...file, path: file.path.slice(prefix.length) }));
}

const lastOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The nearest DNS label to a name: `My Shop` becomes `my-shop`. */
function labelFrom(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '');
  const label = plain.slice(0, APP_NAME_MAX).replace(/-+$/, '');
  if (label === '') return 'app';
  return appNameProblem(label) === null ? label : `${label}-app`;
}
