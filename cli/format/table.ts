import { stripVTControlCharacters } from 'node:util';

/** Columns, each as wide as its widest cell; the last one ends where its text ends. An empty table is an empty text. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names beside their values, one pair per line; pairs without a value are left out. */
export function facts(pairs: readonly (readonly [name: string, value: string])[]): string {
  const told = pairs.filter(([, value]) => value !== '');
  const width = Math.max(...told.map(([name]) => name.length), 0);
  return told.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

const widthOf = (cell: string): number => [...stripVTControlCharacters(cell)].length;
