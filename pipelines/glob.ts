/**
 * Does `path` match `pattern`? `*` and `?` stay inside one folder, `**` spans folders; everything else is literal.
 * Used for `take` (files) and `on` (branches, tags, changed files). Time is polynomial in both lengths: no regular
 * expression is made from what a user wrote.
 */
export function matchesGlob(pattern: string, path: string): boolean {
  return matchesParts(pattern.split('/'), path.split('/'));
}

/** The names that match at least one pattern. */
export function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matchesGlob(pattern, name));
}

function matchesParts(pattern: string[], path: string[]): boolean {
  return matchesWild(pattern, path, (part) => part === '**', matchesPart);
}

function matchesPart(pattern: string, part: string): boolean {
  return matchesWild(
    [...pattern],
    [...part],
    (sign) => sign === '*',
    (sign, letter) => sign === '?' || sign === letter,
  );
}

/** The classic two-pointer walk: on a mismatch, the last wildcard takes one item more. */
function matchesWild(
  pattern: string[],
  items: string[],
  isWild: (sign: string) => boolean,
  matchesOne: (sign: string, item: string) => boolean,
): boolean {
  let sign = 0;
  let item = 0;
  let wildSign = -1;
  let wildItem = 0;
  while (item < items.length) {
    const current = pattern[sign];
    if (current !== undefined && isWild(current)) {
      wildSign = sign++;
      wildItem = item;
    } else if (current !== undefined && matchesOne(current, items[item] ?? '')) {
      sign++;
      item++;
    } else if (wildSign >= 0) {
      sign = wildSign + 1;
      item = ++wildItem;
    } else {
      return false;
    }
  }
  return pattern.slice(sign).every(isWild);
}
