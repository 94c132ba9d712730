/**
 * A glob over relative paths: `*` and `?` within one folder, `**` across folders, all else as it is written.
 */
export function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/^\.\//, '')
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((piece) => WILDCARDS[piece] ?? piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('');
  return new RegExp(`^${source}$`);
}

const WILDCARDS: Record<string, string> = { '**/': '(?:[^/]+/)*', '**': '.*', '*': '[^/]*', '?': '[^/]' };

/** The folder that every match lies in, as deep as the glob says without a wildcard; empty for the working folder. */
export function globFolder(glob: string): string {
  const parts = glob.replace(/^\.\//, '').split('/');
  const wild = parts.findIndex((part) => /[*?]/.test(part));
  return parts.slice(0, wild < 0 ? -1 : Math.min(wild, parts.length - 1)).join('/');
}
