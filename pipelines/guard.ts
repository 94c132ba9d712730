import { CST, Lexer } from 'yaml';
import { DEPTH_MAX, NODES_MAX, TEXT_MAX } from './limits';
import type { Problem } from './types';
import type { Where } from './where';

/**
 * Looks at the raw tokens and refuses, before anything is built from them, what a pipeline never needs and an
 * attacker likes: huge files, deep nesting, tags, directives, several documents. Null when the text may be read.
 */
export function guardText(text: string, where: Where): Problem | null {
  if (text.length > TEXT_MAX) {
    const message = `The file has ${text.length} characters; at most ${TEXT_MAX} are read. Move long scripts to files.`;
    return where.at({ start: 0, end: 0 }, [], 'too-large', message);
  }
  let offset = 0;
  let depth = 0;
  let nodes = 0;
  let documents = 0;
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    if (MARKERS.has(type)) {
      if (type === 'scalar') nodes += 1;
      continue;
    }
    const span = { start: offset, end: offset + token.length };
    if (type === 'flow-map-start' || type === 'flow-seq-start') depth += 1;
    if (type === 'flow-map-end' || type === 'flow-seq-end') depth -= 1;
    // "---" begins a second document when anything stands before it.
    if (type === 'doc-start') documents += nodes > 0 ? 2 : 1;
    const refused = refuse(type, { depth, nodes, documents });
    if (refused !== null) return where.at(span, [], refused.code, refused.message);
    if (NODE_TOKENS.has(type)) nodes += 1;
    offset = span.end;
  }
  return null;
}

/** Tokens that the lexer makes up: they take no room in the text. The first two are followed by the real text. */
const MARKERS = new Set<CST.TokenType | null>(['scalar', 'doc-mode', 'flow-error-end']);
const NODE_TOKENS = new Set<CST.TokenType | null>([
  'alias',
  'anchor',
  'seq-item-ind',
  'map-value-ind',
  'explicit-key-ind',
  'flow-map-start',
  'flow-seq-start',
  'flow-map-end',
  'flow-seq-end',
  'comma',
  'doc-start',
  'double-quoted-scalar',
  'single-quoted-scalar',
]);

interface Counts {
  depth: number;
  nodes: number;
  documents: number;
}

function refuse(type: CST.TokenType | null, counts: Counts): { code: string; message: string } | null {
  if (type === 'tag') {
    return {
      code: 'yaml-tag',
      message: 'YAML tags ("!…") are not read here. Write the plain value; in quotes, as "!docs/**".',
    };
  }
  if (type === 'directive-line') {
    return { code: 'yaml-directive', message: 'YAML directives ("%…") are not read here. Remove the line.' };
  }
  if (counts.documents > 1 || type === 'doc-end') {
    return { code: 'many-documents', message: 'One file holds one pipeline. Remove what follows the first document.' };
  }
  if (counts.depth > DEPTH_MAX) {
    return { code: 'too-deep', message: `Nested deeper than ${DEPTH_MAX} levels. A pipeline needs 8; flatten it.` };
  }
  if (counts.nodes > NODES_MAX * 2) {
    return { code: 'too-many-values', message: `More than ${NODES_MAX} keys and values. Shorten the file.` };
  }
  return null;
}
