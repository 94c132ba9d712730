/**
 * What a program writes for a terminal: colours (`ESC [ … m`), and all other commands. Titles, links, cursor movements
 * and other sequences; control characters; and those that turn the direction of text, which could show a line that is
 * not there. A sequence that never ends loses its beginning only, so that it hides nothing. No part looks beyond the
 * beginning of the next sequence: whoever writes a log must not be able to keep its readers busy.
 */
const COMMANDS = new RegExp(
  [
    '(?<colour>\\x1b\\[[0-9;]{0,60}m)',
    '(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]',
    '(?:\\x1b[\\]PX^_]|[\\x9d\\x90\\x98\\x9e\\x9f])[^\\x07\\x1b\\x9c\\x9d\\x90\\x98\\x9e\\x9f]*(?:\\x07|\\x1b\\\\|\\x9c)',
    '\\x1b[\\]PX^_]',
    '\\x1b[ -/]*[0-~]',
    '(?!\\t)\\p{Cc}',
    '[\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]',
  ].join('|'),
  'gu',
);

/** One line with its colours, and no other command to a terminal. */
export const coloursOnly = (line: string): string => line.replace(COMMANDS, (_all, colour?: string) => colour ?? '');

/** One line with nothing that a terminal would obey. */
export const plainText = (line: string): string => line.replace(COMMANDS, '');

/** The last state of a line that was drawn over: of `10 %\r20 %\r` it is `20 %`. */
export function settled(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end -= 1;
  return line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
}
