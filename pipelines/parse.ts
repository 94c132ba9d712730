import { readDocument } from './document';
import { explainIssues } from './explain';
import { resolvePipeline } from './resolve';
import { pipelineShape } from './shape';
import type { PipelineSpec, Problem } from './types';
import type { Where } from './where';

/** `where` lets lint point into the text. */
export type ParseResult = { ok: true; spec: PipelineSpec; where: Where } | { ok: false; problems: Problem[] };

export interface ParseOptions {
  /** Name of the file, as problems name it. */
  file: string;
}

/** Name of the file in a repository. */
export const PIPELINE_FILE = 'gantry.yml';

/** Text of a `gantry.yml` to a checked spec, or to at most 50 problems. Never throws, whatever the text. */
export function parsePipeline(text: string, { file }: ParseOptions = { file: PIPELINE_FILE }): ParseResult {
  const document = readDocument(text, file);
  if (!document.ok) return document;
  const { value, where } = document;
  const shape = pipelineShape.safeParse(value);
  if (!shape.success) return { ok: false, problems: explainIssues(shape.error.issues, value, where) };
  return { ok: true, spec: resolvePipeline(shape.data, stageOrder(value, shape.data)), where };
}

/** The schema library lists the stages it knows first; the file's own order is what counts. */
function stageOrder(value: unknown, shape: { stages: object }): string[] {
  const written = (value as { stages?: object }).stages;
  return Object.keys(written ?? shape.stages);
}
