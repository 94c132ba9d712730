import { harmless } from '../output';

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours begin with
const COLOUR = /(\u001b\[[0-9;]{0,60}m)/;
const NO_COLOUR = '\u001b[0m';
/** Which every line of a log begins with; what follows may have been drawn over. */
const TIME = /^\d\d:\d\d:\d\d\.\d{3} /;

/**
 * A line of a log as it may go to a terminal: the last state of one that was drawn over, in its colours when `colours`
 * says so, and nothing else that a terminal would obey. Colours end with the line.
 */
export function logText(line: string, colours: boolean): string {
  const time = TIME.exec(line)?.[0] ?? '';
  const text = settled(line.slice(time.length));
  if (!colours || !COLOUR.test(text)) return time + harmless(text);
  const parts = text.split(COLOUR).map((part, i) => (i % 2 === 0 ? harmless(part) : part));
  return `${time}${parts.join('')}${NO_COLOUR}`;
}

function settled(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\r') end -= 1;
  return text.slice(text.lastIndexOf('\r', end - 1) + 1, end);
}
