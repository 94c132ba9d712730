import { matchesGlob } from './glob';
import { PIPELINE_FILE } from './parse';
import { WHOLE_REPOSITORY } from './paths';
import type { PipelineSpec } from './types';

/** A file that a push changed, by its names. */
export interface ChangedFile {
  /** Relative to the folder of `gantry.yml`; undefined when it lies elsewhere. */
  own: string | undefined;
  /** From the root of the repository. */
  path: string;
}

type Triggers = Pick<PipelineSpec['on'], 'paths'> & { seesAll: boolean };

/** What `wantsFile` looks at of a pipeline. */
export const triggersOf = ({ on, build }: Pick<PipelineSpec, 'on' | 'build'>): Triggers => ({
  paths: on.paths,
  seesAll: build.image?.context === WHOLE_REPOSITORY,
});

/**
 * Does a push that changed this file start a run? The last pattern that matches decides. A pipeline that changed is
 * wanted, too, and patterns that only take away begin with all that the build sees.
 */
export function wantsFile({ paths, seesAll }: Triggers, file: ChangedFile): boolean {
  if (paths === null) return true;
  const last = paths.findLast((pattern) => matchesFile(isTaking(pattern) ? pattern.slice(1) : pattern, file));
  if (last !== undefined) return !isTaking(last);
  return file.own === PIPELINE_FILE || (paths.every(isTaking) && (seesAll || file.own !== undefined));
}

const isTaking = (pattern: string): boolean => pattern.startsWith('!');

function matchesFile(pattern: string, { own, path }: ChangedFile): boolean {
  if (pattern.startsWith(WHOLE_REPOSITORY)) return matchesGlob(pattern.slice(1), path);
  return own !== undefined && matchesGlob(pattern, own);
}

const MARKS = ['[skip ci]', '[ci skip]', '[no ci]'];
const TRAILER = 'Skip-CI: true';
const TRAILER_LINE = /^skip-ci:[ \t]*true[ \t]*$/i;

/** The words by which a commit's message says that its push is to start no run; null when it says nothing of it. */
export function skipMark(message: string): string | null {
  const lower = message.toLowerCase();
  const mark = MARKS.find((one) => lower.includes(one));
  if (mark !== undefined) return mark;
  const lines = message.trimEnd().split(/\r?\n/);
  // Trailers are the last paragraph, and never the title (git-interpret-trailers).
  const blank = lines.findLastIndex((line) => line.trim() === '');
  return blank > 0 && lines.slice(blank).some((line) => TRAILER_LINE.test(line)) ? TRAILER : null;
}
