import { GRAY_USERS_MAX, GRAY_VALUE_MAX } from './limits';

export const USER_NAME_WORDS = `the name of a user: 1 to ${GRAY_VALUE_MAX} bytes on one line, no blanks at the ends`;

/** Why this cannot be a user's name, as the end of a sentence; null when it can. */
export function userNameProblem(name: string): string | null {
  if (name.trim() === '') return 'is empty';
  if (name.trim() !== name) return 'begins or ends with a blank';
  if (Buffer.byteLength(name) > GRAY_VALUE_MAX) return `is longer than ${GRAY_VALUE_MAX} bytes`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no header can carry them
  return /[\u0000-\u001f\u007f]/.test(name) ? 'has a control character' : null;
}

/**
 * The users of a file: one a line; empty lines and what follows a `#` at the beginning of a line are left out.
 * @returns the names, each once, or the first thing that is wrong, as a sentence.
 */
export function readUserList(text: string): { names: string[] } | { problem: string } {
  const names = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    const name = line.trim();
    if (name === '' || name.startsWith('#')) continue;
    const problem = userNameProblem(name);
    if (problem !== null) return { problem: `line ${index + 1} ${problem}` };
    names.add(name);
  }
  if (names.size > GRAY_USERS_MAX) return { problem: `it has ${names.size} users, and at most ${GRAY_USERS_MAX} fit` };
  return { names: [...names] };
}
