/** Writes the comments of the catalog and the manual anew: `node -r ts-node/register test/pipelines/support/write-manual.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { annotate } from '../../../pipelines/annotate';
import { manual } from '../../../pipelines/manual';
import { CATALOG_FOLDER, catalogFiles, MANUAL_FILE } from './catalog';

for (const { name, text } of catalogFiles()) writeFileSync(join(CATALOG_FOLDER, name), annotate(text));
writeFileSync(MANUAL_FILE, manual(catalogFiles()));
