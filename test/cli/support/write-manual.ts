/** Writes the manual of the command line anew: `node -r ts-node/register test/cli/support/write-manual.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandManual } from '../../../cli/manual';
import { commandTable } from '../../../cli/table';

export const MANUAL_FILE = join(__dirname, '../../../docs/commands.md');

if (require.main === module) writeFileSync(MANUAL_FILE, commandManual(commandTable('')));
