import { APP_NAME_MAX } from './limits';
import { appNameProblem } from './names';
import { findCompose } from './proposals/compose';
import { findDockerfile } from './proposals/dockerfile';
import type { RepositoryFile } from './proposals/finding';
import { findMaven } from './proposals/maven';
import { findNpm } from './proposals/npm';
import { writeProposal, writeSkeleton } from './proposals/write';

export type { RepositoryFile } from './proposals/finding';

export interface Proposal {
  /** The proposed `gantry.yml`. */
  text: string;
  /** Why it looks as it does, one sentence each. */
  why: string[];
  /** Does it parse and lint clean? A skeleton does not, until somebody fills it in. */
  complete: boolean;
}

/** The most explicit first: who wrote a Dockerfile has said what runs. */
const FINDERS = [findDockerfile, findCompose, findMaven, findNpm];

/** Files whose text helps `proposePipeline`; for all others the path is enough. */
export function isTextWanted(path: string): boolean {
  return /(^|\/)Dockerfile$/.test(path) || /^((docker-)?compose\.ya?ml|pom\.xml|package(-lock)?\.json)$/.test(path);
}

/** A `gantry.yml` for a repository that has none, made from what is there. `appName` is made a DNS label. */
export function proposePipeline(files: readonly RepositoryFile[], appName: string): Proposal {
  const app = labelFrom(appName);
  for (const find of FINDERS) {
    const finding = find(files);
    if (finding !== null) return { text: writeProposal(app, finding), why: finding.why, complete: true };
  }
  const why = ['No Dockerfile, compose file, pom.xml or package.json was found: this is a skeleton to fill in.'];
  return { text: writeSkeleton(app), why, complete: false };
}

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
