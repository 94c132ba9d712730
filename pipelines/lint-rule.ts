import type { PipelineSpec, Problem } from './types';
import type { Path, Where } from './where';

export interface LintFacts {
  /** Is there one user only? Then a gate that wants two people can never open. */
  solo: boolean;
  /** Is there a file at this path, relative to `gantry.yml`? Without it, files are not looked for. */
  files?: (path: string) => boolean;
  /** From `parsePipeline`, so that problems point into the text; without it they point to its first line. */
  where?: Where;
}

export type Report = (
  path: Path,
  code: string,
  message: string,
  more?: Partial<Pick<Problem, 'nearest' | 'severity'>>,
) => void;

/** One thing that lint looks for. */
export type Rule = (spec: PipelineSpec, report: Report, facts: LintFacts) => void;

export const WARNING = { severity: 'warning' } as const;
