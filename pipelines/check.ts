import { lintPipeline } from './lint';
import type { LintFacts } from './lint-rule';
import { type ParseOptions, type ParseResult, parsePipeline } from './parse';
import type { PipelineSpec, Problem } from './types';

/** `problems` of an accepted pipeline are warnings only. */
export type CheckResult = { ok: true; spec: PipelineSpec; problems: Problem[] } | { ok: false; problems: Problem[] };

/**
 * Parse and lint in one: the only question that a caller with a text has to ask.
 * @param parse for whoever keeps what was parsed
 */
export function checkPipeline(
  text: string,
  options: ParseOptions & Omit<LintFacts, 'where'>,
  parse: (text: string, options: ParseOptions) => ParseResult = parsePipeline,
): CheckResult {
  const parsed = parse(text, options);
  if (!parsed.ok) return parsed;
  const problems = lintPipeline(parsed.spec, { ...options, where: parsed.where });
  if (problems.some((problem) => problem.severity === 'error')) return { ok: false, problems };
  return { ok: true, spec: parsed.spec, problems };
}

/** One problem as a line for people: `gantry.yml:12:5: error: … (unknown-key)`. */
export function problemLine(problem: Problem): string {
  const { file, line, column, severity, message, code } = problem;
  return `${file}:${line}:${column}: ${severity}: ${message} (${code})`;
}
