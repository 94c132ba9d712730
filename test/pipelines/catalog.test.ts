import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { annotate } from '../../pipelines/annotate';
import { manual } from '../../pipelines/manual';
import { everyKey, keysAt, pipelineSchema } from '../../pipelines/schema';
import { catalogFiles, MANUAL_FILE } from './support/catalog';
import { check } from './support/texts';

const RENEW = 'run: node -r ts-node/register test/pipelines/support/write-manual.ts';

describe('the catalog of ready-made pipelines', () => {
  for (const { name, text } of catalogFiles()) {
    it(`${name} parses and lints clean, also with one user`, () => {
      expect(check(text, { solo: true })).to.deep.include({ ok: true, problems: [] });
    });

    it(`${name} says about each key what the schema says`, () => {
      expect(text, RENEW).to.equal(annotate(text));
    });
  }

  it('shows every key of the language in at least one file', () => {
    const shown = new Set(catalogFiles().flatMap(({ text }) => keyPaths(parse(text) as unknown)));
    const missing = everyKey().filter(({ path }) => !shown.has(anyStage(path)));
    expect(missing.map(({ path }) => path)).to.deep.equal([]);
  });

  it('is the manual, too', () => {
    expect(readFileSync(MANUAL_FILE, 'utf8'), RENEW).to.equal(manual(catalogFiles()));
  });
});

describe('the JSON Schema for editors', () => {
  it('is draft 2020-12 and refuses unknown keys', () => {
    const schema = pipelineSchema();
    expect(schema.$schema).to.equal('https://json-schema.org/draft/2020-12/schema');
    expect(schema.additionalProperties).to.equal(false);
    expect(schema.required).to.deep.equal(['app', 'serve']);
  });

  it('describes every key in a sentence', () => {
    for (const { path, node } of everyKey()) expect(node.description, path).to.match(/^.{5,}\.$/);
  });

  it('knows units as people write them', () => {
    expect(keysAt(['stages', 'gray'])).to.include.members(['share', 'rules', 'observe']);
    const share = everyKey().find(({ path }) => path === 'stages.gray.share')?.node;
    expect(share).to.include({ type: 'string', default: '5%' });
  });
});

/** Stages and parameters have names that people choose. */
function anyStage(path: string): string {
  return path
    .replace(/^stages\.[^.]+\./, 'stages.*.')
    .replace(/^on\.manual\.parameters\.[^.]+\./, 'on.manual.parameters.NAME.');
}

/** Paths of all keys in plain data, list positions as `[]`. */
function keyPaths(value: unknown, prefix = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keyPaths(item, `${prefix}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return [anyStage(path), ...keyPaths(child, path)];
  });
}
