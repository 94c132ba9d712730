import { z } from 'zod';
import { pipelineShape } from './shape';

/** The part of JSON Schema that is used here. */
export interface SchemaNode {
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  pattern?: string;
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  required?: string[];
}

/** A key of the language, and its place: `build.commands[].run`. */
export interface KeyPlace {
  path: string;
  key: string;
  node: SchemaNode;
}

export interface PipelineSchema extends SchemaNode {
  $schema: string;
  $id: string;
  title: string;
}

let made: PipelineSchema | null = null;

/** JSON Schema (draft 2020-12) of `gantry.yml`, for editors: `# yaml-language-server: $schema=…`. Do not change it. */
export function pipelineSchema(): PipelineSchema {
  made ??= {
    $id: 'https://gantry.invalid/schema/gantry-yml.json',
    title: 'gantry.yml',
    ...(z.toJSONSchema(pipelineShape, { io: 'input', target: 'draft-2020-12' }) as SchemaNode & { $schema: string }),
  };
  return made;
}

/** The schema of the value at `path`; null where the language knows nothing. */
export function schemaAt(path: readonly (string | number)[]): SchemaNode | null {
  let node: SchemaNode | null = pipelineSchema();
  for (const part of path) {
    if (node === null) return null;
    node = typeof part === 'number' ? (node.items ?? null) : memberOf(node, part);
  }
  return node;
}

/** The keys that a mapping at `path` may have. */
export function keysAt(path: readonly (string | number)[]): string[] {
  return Object.keys(schemaAt(path)?.properties ?? {});
}

/** Every key of the language with its place: `stages.gray.share`, `build.commands[].run`. In the order of the schema. */
export function everyKey(): readonly KeyPlace[] {
  keys ??= keysBelow(pipelineSchema(), '');
  return keys;
}

let keys: readonly KeyPlace[] | null = null;

function keysBelow(node: SchemaNode, prefix: string): KeyPlace[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return [{ path, key, node: child }, ...keysBelow(child, path)];
  });
  const named = node.properties === undefined ? node.additionalProperties : undefined;
  const more = typeof named === 'object' ? keysBelow(named, `${prefix}.NAME`) : [];
  return [...own, ...more, ...(node.items === undefined ? [] : keysBelow(node.items, `${prefix}[]`))];
}

function memberOf(node: SchemaNode, key: string): SchemaNode | null {
  if (node.properties !== undefined && Object.hasOwn(node.properties, key)) return node.properties[key] ?? null;
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : null;
}
