import Anser from 'anser';
import { coloursOnly, settled } from '../../engine/logs/terminal-text';
import { colourName } from './colours';

/** A piece of a line that looks the same all along. */
export interface Piece {
  text: string;
  /** Classes of the style sheet, such as `fg-red bold`; empty for plain text. */
  look: string;
}

/** One line of a step's log, ready to be shown: text and names of looks, never markup. */
export interface LogLine {
  /** From 1. */
  number: number;
  /** `12:03:09.120`; empty when the line has none. */
  time: string;
  pieces: Piece[];
}

const TIME = /^(\d\d:\d\d:\d\d\.\d{3}) /;
const LOOKS = ['bold', 'dim', 'italic', 'underline', 'strikethrough'] as const;

/**
 * A line as a terminal would have left it. Colours end with their line, so each line can be shown alone: from wherever a
 * reader comes back.
 */
export function styledLine(raw: string, number: number): LogLine {
  const time = TIME.exec(raw)?.[1] ?? '';
  const text = coloursOnly(settled(time === '' ? raw : raw.slice(time.length + 1)));
  return { number, time, pieces: text.includes('\u001b') ? coloured(text) : text === '' ? [] : [{ text, look: '' }] };
}

function coloured(text: string): Piece[] {
  const entries = Anser.ansiToJson(text, { json: true, use_classes: true, remove_empty: true });
  return entries.map((entry) => ({ text: entry.content, look: lookOf(entry) }));
}

function lookOf(entry: Anser.AnserJsonEntry): string {
  const { fg, bg, decorations } = entry;
  const front = fg === null ? undefined : colourName(fg, entry.fg_truecolor);
  const back = bg === null ? undefined : colourName(bg, entry.bg_truecolor);
  // Hidden and blinking text is shown as it is: a log hides nothing.
  const looks = LOOKS.filter((look) => decorations.includes(look));
  return [
    ...(front === undefined ? [] : [`fg-${front}`]),
    ...(back === undefined ? [] : [`bg-${back}`]),
    ...looks,
  ].join(' ');
}
