/**
 * What may pass of text that was written for a terminal: colours (`ESC [ … m`) and nothing else. Titles, links, cursor
 * movements and other sequences go; so do control characters and those that turn the direction of text, which could
 * show a line that is not there. A sequence that never ends loses its beginning only, so that it hides nothing.
 */
const COMMANDS = new RegExp(
  [
    '(?<colour>\\x1b\\[[0-9;]{0,60}m)',
    '(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]',
    '(?:\\x1b[\\]PX^_]|[\\x9d\\x90\\x98\\x9e\\x9f])[^\\x07\\x1b\\x9c]*(?:\\x07|\\x1b\\\\|\\x9c)',
    '\\x1b[\\]PX^_]',
    '\\x1b[ -/]*[0-~]',
    '(?!\\t)\\p{Cc}',
    '[\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]',
  ].join('|'),
  'gu',
);

/** One line with its colours, and no other command to a terminal. */
export const coloursOnly = (line: string): string => line.replace(COMMANDS, (_all, colour?: string) => colour ?? '');

/** The last state of a line that was drawn over: of `10 %\r20 %\r` it is `20 %`. */
export function settled(line: string): string {
  const text = line.replace(/\r+$/, '');
  return text.slice(text.lastIndexOf('\r') + 1);
}
