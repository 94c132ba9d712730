import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { checkPipeline, problemLine } from '../../pipelines/check';
import type { Problem } from '../../pipelines/types';
import type { Client } from '../api/client';
import type { Status } from '../api/types';
import type { Command } from '../command';
import { CommandError, codeOf, EXIT, failure } from '../errors';
import { harmless, type Output } from '../output';

/** Where lines are longer, only the part around the problem is shown. */
const EXCERPT_MAX = 100;

export const lint: Command = {
  name: 'lint',
  summary: 'checks a gantry.yml before it is pushed',
  arguments: [{ name: 'FILE', help: 'the file; gantry.yml when left out', optional: true }],
  options: {},
  details:
    'Works without a server; when one answers, it is asked whether it has one user only (solo mode), in which a gate ' +
    'that wants two people could never open. Exit status 1 when there are errors; warnings alone are 0.',
  async run(input, { api, folder, out }) {
    const file = resolve(folder, input.optional('FILE') ?? 'gantry.yml');
    const name = relative(folder, file);
    const text = readText(file, name);
    const solo = await isSolo(api);
    const files = (path: string): boolean => existsSync(join(dirname(file), path));
    const { ok, problems } = checkPipeline(text, { file: name, solo, files });
    const lines = problems.map((problem) => describe(out, problem, text));
    const end = ok
      ? `${name}: ${problems.length === 0 ? 'no problems' : 'may be pushed, with the warnings above'}`
      : '';
    return {
      json: { file: name, ok, problems },
      text: [...lines, end].filter(Boolean).join('\n'),
      exit: ok ? EXIT.ok : EXIT.failed,
    };
  },
};

function readText(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw failure('no-file', `there is no file ${name} here`, 'make one: gantry init');
    throw failure('unreadable', `${name} cannot be read: ${(error as Error).message}`, 'name another file');
  }
}

/** Unknown counts as no: then the gate is refused at the push, not here. */
async function isSolo(api: Client): Promise<boolean> {
  try {
    return (await api.get<Status>('/status')).solo;
  } catch (error) {
    // A server that is away, or that does not know us, only means that the question stays open.
    if (error instanceof CommandError) return false;
    throw error;
  }
}

/** The problem, the line it is in, and a caret under the place. */
function describe(out: Output, problem: Problem, text: string): string {
  const line = (text.split('\n')[problem.line - 1] ?? '').replace(/\r$/, '').replaceAll('\t', ' ');
  const from = Math.max(0, problem.column - 1 - EXCERPT_MAX / 2);
  const excerpt = harmless(line.slice(from, from + EXCERPT_MAX));
  const width = Math.max(
    1,
    Math.min(problem.offending.split('\n', 1)[0]?.length ?? 1, excerpt.length - (problem.column - 1 - from)),
  );
  const style = problem.severity === 'error' ? 'red' : 'yellow';
  const caret = ' '.repeat(problem.column - 1 - from) + out.paint(style, '^'.repeat(width));
  const head = harmless(problemLine(problem));
  return excerpt === '' ? head : `${head}\n    ${excerpt}\n    ${caret}`;
}
