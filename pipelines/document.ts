import { isAlias, isMap, isScalar, isSeq, type ParsedNode, parseDocument, type YAMLError, type YAMLMap } from 'yaml';
import { guardText } from './guard';
import { DEPTH_MAX, NODES_MAX, PROBLEMS_MAX } from './limits';
import type { Problem } from './types';
import { type Path, type Span, Where } from './where';

/** A YAML text as plain data, and where each part of it stands. */
export type ReadDocument = { ok: true; value: unknown; where: Where } | { ok: false; problems: Problem[] };

/** Text to plain data: mappings are objects, lists are arrays. Aliases are followed, within limits. */
export function readDocument(text: string, file: string): ReadDocument {
  const where = new Where(file, text);
  const guarded = guardText(text, where);
  if (guarded !== null) return { ok: false, problems: [guarded] };
  // Equal keys are found by the walk below: the library compares each key with each other one.
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, logLevel: 'silent', merge: false });
  // A text that is nested too deep runs out of room at several levels at once, and is one problem.
  const exhausted = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  const errors = exhausted === undefined ? document.errors.slice(0, PROBLEMS_MAX) : [exhausted];
  const broken = errors.map((error) => brokenYaml(error, where, text));
  if (broken.length > 0) return { ok: false, problems: broken };
  const isNothing = isScalar(document.contents) && document.contents.value === null;
  if (document.contents === null || isNothing) {
    const message = 'The file is empty. Write a pipeline, or let "gantry init" propose one from the repository.';
    return { ok: false, problems: [where.at({ start: 0, end: 0 }, [], 'empty', message)] };
  }
  const walk = new Walk(where, text);
  const value = walk.value(document.contents, [], null);
  return walk.problems.length > 0 ? { ok: false, problems: walk.problems } : { ok: true, value, where };
}

/** Maps in which every value is text, so that `1.10` stays `1.10` and `true` stays `true`. */
const TEXT_MAPS = new Set<string | number | undefined>(['env', 'args']);

/** The library's complaint in our words, where we have better ones. */
function brokenYaml(error: YAMLError, where: Where, text: string): Problem {
  const [start, end] = error.pos;
  const span = { start, end: Math.max(end, start + 1) };
  // A tab where spaces belong gives a dozen different complaints; the reader only needs the one true reason.
  if (error.code === 'TAB_AS_INDENT' || /^[ ]*\t/.test(lineAround(text, start))) {
    return where.at(span, [], 'tab', 'The line is indented with a tab. YAML wants spaces: replace the tab by spaces.');
  }
  if (error.code === 'RESOURCE_EXHAUSTION') {
    return where.at(span, [], 'too-deep', `Nested deeper than ${DEPTH_MAX} levels. A pipeline needs 8; flatten it.`);
  }
  const reason = error.message.split('\n', 1)[0]?.slice(0, 200) ?? '';
  return where.at(span, [], 'yaml', `This is not YAML: ${reason}. Mend the line, then run "gantry lint".`);
}

function lineAround(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1;
  return text.slice(start, start + 80);
}

/** Follows the nodes of one document, in order; stops making data at the first broken limit. */
class Walk {
  readonly problems: Problem[] = [];
  /** Only whole nodes are in here, so an alias inside its own anchor is unknown, and no walk is endless. */
  private readonly anchors = new Map<string, ParsedNode>();
  private nodes = 0;
  private stopped = false;

  constructor(
    private readonly where: Where,
    private readonly text: string,
  ) {}

  value(node: ParsedNode, path: Path, key: Span | null): unknown {
    if (this.stopped) return null;
    const span = { start: node.range[0], end: node.range[1] };
    this.where.remember(path, span, key);
    this.nodes += 1;
    if (this.nodes > NODES_MAX) return this.stop(path, 'too-many-values', LIMIT_WORDS.nodes);
    if (path.length > DEPTH_MAX) return this.stop(path, 'too-deep', LIMIT_WORDS.depth);
    if (isAlias(node)) return this.aliased(node.source, path, key);
    const value = this.plain(node, path);
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
    return value;
  }

  private plain(node: ParsedNode, path: Path): unknown {
    if (isMap(node)) return this.mapping(node, path);
    if (isSeq(node)) return node.items.map((item, index) => this.value(item as ParsedNode, [...path, index], null));
    if (!isScalar(node)) return null;
    // A parameter may be called "env".
    const isTextMap = TEXT_MAPS.has(path.at(-2)) && path.at(-3) !== 'parameters';
    const wantsText = isTextMap || path.at(-1) === 'equals';
    const isWord = typeof node.value === 'number' || typeof node.value === 'boolean';
    return wantsText && isWord ? this.text.slice(node.range[0], node.range[1]) : node.value;
  }

  private mapping(node: YAMLMap.Parsed, path: Path): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const pair of node.items) {
      const key = this.key(pair.key, path, result);
      if (key === null) continue;
      const { range } = pair.key;
      const span = { start: range[0], end: range[1] };
      const value =
        pair.value === null ? this.nothing([...path, key], span) : this.value(pair.value, [...path, key], span);
      result[key] = value;
    }
    return result;
  }

  /** `key:` with nothing behind it. */
  private nothing(path: Path, span: Span): null {
    this.where.remember(path, span, span);
    return null;
  }

  /** The key as text; null, with a problem noted, when it cannot be one. */
  private key(node: ParsedNode, path: Path, taken: Record<string, unknown>): string | null {
    const span = { start: node.range[0], end: node.range[1] };
    const isPlain = isScalar(node) && node.value !== null && typeof node.value !== 'object';
    if (!isPlain) return this.refuse(span, path, 'bad-key', 'A key must be a plain word. Write it as text.');
    const key = String(node.value);
    if (key === '<<') {
      return this.refuse(
        span,
        path,
        'bad-key',
        'Merge keys ("<<") are not read here. Repeat the keys, or use an alias.',
      );
    }
    // As a key of a JavaScript object this one would change the object instead of being stored in it.
    if (key === '__proto__') return this.refuse(span, path, 'bad-key', '"__proto__" cannot be a key. Remove it.');
    if (Object.hasOwn(taken, key)) {
      const message = `"${key}" stands here twice. Keep one of the two.`;
      return this.refuse(span, [...path, key], 'duplicate-key', message);
    }
    return key;
  }

  private refuse(span: Span, path: Path, code: string, message: string): null {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push(this.where.at(span, path, code, message));
    return null;
  }

  private aliased(name: string, path: Path, key: Span | null): unknown {
    const target = this.anchors.get(name);
    if (target === undefined) {
      return this.stop(path, 'unknown-alias', `No anchor "&${name}" is complete before this alias. Write the value.`);
    }
    return this.value(target, path, key);
  }

  private stop(path: Path, code: string, message: string): null {
    this.problems.push(this.where.problem(path, code, message));
    this.stopped = true;
    return null;
  }
}

const LIMIT_WORDS = {
  nodes: `More than ${NODES_MAX} values once aliases are followed (a "YAML bomb"). Write the values out, or shorten.`,
  depth: `Nested deeper than ${DEPTH_MAX} levels. A pipeline needs 8; flatten it.`,
};
