import { type SchemaNode, schemaAt } from './schema';

const WIDTH = 100;
const KEY_LINE = /^( *)(- )?([A-Za-z0-9_-]+):( |$)/;

/**
 * Writes above each key of an example what the schema says about it, so that example, manual and schema are one text.
 * Comment lines below the head (everything before the first empty line) are replaced: annotating twice changes nothing.
 * The example must be in block style: one key per line.
 */
export function annotate(example: string): string {
  const [head, ...rest] = example.split('\n\n');
  const lines = rest.join('\n\n').split('\n');
  const body = lines.filter((line) => !/^ *#/.test(line));
  const annotated: string[] = [];
  const stack: { indent: number; key: string | number }[] = [];
  for (const line of body) {
    annotated.push(...commentsFor(line, stack), line);
  }
  return `${head ?? ''}\n\n${annotated.join('\n')}`;
}

/** What the schema says about one key: its description, then its default or that it is required. */
export function describeKey(node: SchemaNode, required: boolean): string {
  const words = node.description ?? '';
  if (required) return `${words} Required.`;
  const value = node.default;
  const isShown = value !== undefined && !/Default:/.test(words) && JSON.stringify(value).length < 30;
  return isShown && !isEmpty(value) ? `${words} Default: ${plain(value)}.` : words;
}

/** Keeps `stack` at the place of `line` in the document, and makes the comment for its key. */
function commentsFor(line: string, stack: { indent: number; key: string | number }[]): string[] {
  const match = KEY_LINE.exec(line);
  if (match === null) return [];
  const [, spaces = '', dash, key = ''] = match;
  const indent = spaces.length;
  while ((stack.at(-1)?.indent ?? -1) >= indent + (dash === undefined ? 0 : 1)) stack.pop();
  if (dash !== undefined) {
    while ((stack.at(-1)?.indent ?? -1) > indent) stack.pop();
    if (typeof stack.at(-1)?.key === 'number') stack.pop();
    stack.push({ indent, key: 0 });
  }
  const parent = stack.map((place) => place.key);
  stack.push({ indent: indent + (dash === undefined ? 0 : 2), key });
  const node = schemaAt([...parent, key]);
  const required = schemaAt(parent)?.required?.includes(key) ?? false;
  if (node?.description === undefined) return [];
  return wrap(describeKey(node, required), WIDTH - indent - 2).map((words) => `${spaces}# ${words}`);
}

function wrap(words: string, width: number): string[] {
  const lines = [''];
  for (const word of words.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function plain(value: unknown): string {
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  return /^[.]+$/.test(text) ? `"${text}"` : text;
}
