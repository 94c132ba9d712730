import type { CliSettings } from '../../settings';
import { failure } from '../errors';
import { mainProgram, runMain } from '../processes/mains';
import { readMemory } from './memory';

/** Copies of large data take their time. */
const LIMIT_MS = 2 * 60 * 60_000;

interface Answer<T> {
  done?: T;
  error?: { code: string; message: string; next: string };
}

/**
 * Has a runner's program work on the data folder. It speaks JSON, a document a line; the last one is the answer.
 * @param progress gets what it tells on the way
 * @throws CommandError in the program's own words
 */
export async function upkeep<T>(
  settings: CliSettings,
  words: readonly string[],
  progress: (document: object) => void = () => undefined,
): Promise<T> {
  const { usedDocker, gateway } = readMemory(settings.home);
  const environment = {
    ...(gateway === undefined ? {} : { GANTRY_GATEWAY: gateway }),
    ...(usedDocker ? {} : { GANTRY_DUMMY: '1' }),
  };
  let answer: Answer<T> = {};
  const program = mainProgram(settings, 'runners', ['upkeep', ...words], environment);
  const ended = await runMain(
    program,
    (line) => {
      const document = documentIn(line);
      if (document === undefined) return;
      if ('done' in document || 'error' in document) answer = document as Answer<T>;
      else progress(document);
    },
    LIMIT_MS,
  );
  if (answer.error !== undefined) throw failure(answer.error.code, answer.error.message, answer.error.next);
  if (answer.done !== undefined && ended.status === 0) return answer.done;
  const reason = ended.stderr.trim().split('\n').slice(-3).join('\n  ');
  throw failure('upkeep-failed', `${words[0]} ended with status ${ended.status}: ${reason}`, './gantry doctor');
}

function documentIn(line: string): object | undefined {
  try {
    return JSON.parse(line) as object;
  } catch {
    // A remark, not a document.
    return undefined;
  }
}
