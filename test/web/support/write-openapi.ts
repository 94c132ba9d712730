/** Writes the description of the API anew: `node -r ts-node/register test/web/support/write-openapi.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from '../../../web/api/openapi';
import { routes } from '../../../web/server';

export const OPENAPI_FILE = join(__dirname, '../../../docs/openapi.json');

export const openApiText = (): string => `${JSON.stringify(openApiDocument(routes), null, 2)}\n`;

if (require.main === module) writeFileSync(OPENAPI_FILE, openApiText());
