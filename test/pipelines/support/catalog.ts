import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CatalogFile } from '../../../pipelines/manual';

const ROOT = join(__dirname, '../../..');
export const CATALOG_FOLDER = join(ROOT, 'pipelines/catalog');
export const MANUAL_FILE = join(ROOT, 'docs/gantry-yml.md');

/** The annotated pipelines, in the order of their names. */
export function catalogFiles(): CatalogFile[] {
  const names = readdirSync(CATALOG_FOLDER).filter((name) => name.endsWith('.yml'));
  return names.sort().map((name) => ({ name, text: readFileSync(join(CATALOG_FOLDER, name), 'utf8') }));
}
