import type { LogLine } from './lines';
import { MARKS, type Mark, NOISE } from './marks';

/** How many lines of a failed step's log people are shown. */
export const LINES_SHOWN = 20;
/** The end of a log says how it ended, whatever else was found: so many lines of it are kept. */
const TAIL_KEPT = 3;
/** With fewer marked lines than this, the end of the log is shown as well, as far as there is room. */
const FEW = 4;

/**
 * The lines of a failed step's log that matter, in their order: errors with what explains them, without repetitions
 * and without what tools say after every failure; where nothing is marked, the end of the log. Pure.
 */
export function pickLines(lines: readonly LogLine[], limit = LINES_SHOWN): LogLine[] {
  const told = lines.map((line) => unquoted(line.text));
  const useful = lines.map((line, i) => line.text.trim() !== '' && !NOISE.some((noise) => noise.test(told[i] ?? '')));
  const picked = new Set<number>();
  const said = new Set<string>();
  const take = (i: number, room: number): void => {
    const key = sameness(told[i] ?? '');
    if (!useful[i] || picked.has(i) || said.has(key) || picked.size >= room) return;
    picked.add(i);
    said.add(key);
  };
  const anchors = findAnchors(told, useful);
  const strong = anchors.some(({ mark }) => mark.weight > 1);
  const tail = tailOf(useful, strong ? TAIL_KEPT : limit / 2);
  for (const { at, mark } of anchors) for (const i of around(told, at, mark)) take(i, limit - tail.length);
  const enough = picked.size >= FEW && strong;
  for (const i of enough ? tail : tailOf(useful, limit).reverse()) take(i, limit);
  return [...picked].sort((a, b) => a - b).flatMap((i) => lines[i] ?? []);
}

/** What a container wrote stands behind a bar in the log of its step. */
const unquoted = (text: string): string => text.replace(/^\s*\| /, '');

/** The same line but for counts, times and addresses says nothing new. */
const sameness = (text: string): string =>
  text
    .replace(/^\[?(ERROR|INFO|WARN|WARNING)\]?:?\s*/, '')
    .replace(/\b(0x)?[0-9a-f]{8,}\b|\d+(\.\d+)? ?(ms|s)\b/gi, '#')
    .trim();

interface Anchor {
  at: number;
  mark: Mark;
}

/** Heaviest first; of the same weight, in the order of the log: the first error is the one to mend. */
function findAnchors(told: readonly string[], useful: readonly (boolean | undefined)[]): Anchor[] {
  const anchors: Anchor[] = [];
  for (const [at, text] of told.entries()) {
    const mark = useful[at] === true ? MARKS.find(({ pattern }) => pattern.test(text)) : undefined;
    if (mark !== undefined) anchors.push({ at, mark });
  }
  return anchors.sort((a, b) => b.mark.weight - a.mark.weight || a.at - b.at);
}

/** The marked line first, then what follows and belongs to it, then what stands around it. */
function around(told: readonly string[], at: number, mark: Mark): number[] {
  const { before = 0, after = 0, follow, followMax = 0 } = mark;
  const taken = [at];
  if (follow !== undefined) taken.push(...following(told, at, follow, followMax));
  for (let i = at + 1; i <= at + after; i++) taken.push(i);
  for (let i = at - 1; i >= at - before && i >= 0; i--) taken.push(i);
  return taken;
}

/** Of a long run of lines that belong together the last ones: there it broke. */
function following(told: readonly string[], at: number, follow: RegExp, max: number): number[] {
  let end = at + 1;
  while (end < told.length && follow.test(told[end] ?? '')) end++;
  const isJava = /^\s+at /.test(told[at + 1] ?? '');
  const from = isJava ? at + 1 : Math.max(at + 1, end - max);
  return Array.from({ length: Math.min(max, end - from) }, (_, i) => from + i);
}

/** The last `count` lines that say something. */
function tailOf(useful: readonly (boolean | undefined)[], count: number): number[] {
  const tail: number[] = [];
  for (let i = useful.length - 1; i >= 0 && tail.length < Math.floor(count); i--) if (useful[i]) tail.unshift(i);
  return tail;
}
