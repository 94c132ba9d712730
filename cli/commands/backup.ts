import { resolve } from 'node:path';
import type { Command } from '../command';
import { size } from '../format/size';
import { upkeep } from '../house/upkeep';

interface BackedUp {
  file: string;
  version: string;
  schema: number;
  madeAt: number;
  bytes: { count: number; size: number };
  folder?: string;
  copied?: number;
  repositories?: number;
}

export const backup: Command = {
  name: 'backup',
  summary: 'copies the records of this folder into one file, while Gantry works',
  arguments: [{ name: 'FILE', help: 'the file to write; it must not be there yet' }],
  options: {
    'with-bytes': {
      value: 'FOLDER',
      help: 'also artifacts, kept images, repositories and logs; one folder serves many backups',
    },
  },
  details:
    'The file is an SQLite database, checked page by page, with a list of the bytes that belong to it by sha256. It holds ' +
    'what the records hold (tokens of forges, too), so only its owner may read it. Without --with-bytes copy artifacts/, ' +
    'images/, git/ and logs/ of the data folder by other means.',
  examples: ['gantry backup /backup/gantry-1.db', 'gantry backup /backup/gantry-2.db --with-bytes /backup/bytes'],
  async run(input, { settings, folder, out }) {
    const bytes = input.option('with-bytes');
    const words = bytes === undefined ? [] : ['--bytes', resolve(folder, bytes)];
    out.progress('copying …');
    const made = await upkeep<BackedUp>(settings, ['backup', resolve(folder, input.argument('FILE')), ...words]);
    const madeAt = new Date(made.madeAt).toISOString();
    const lines = [
      `${made.file}: the records at ${madeAt}, schema ${made.schema}, of Gantry ${made.version}`,
      made.folder === undefined
        ? `${made.bytes.count} artifacts (${size(made.bytes.size)}) belong to it and were not copied: --with-bytes FOLDER`
        : `${made.folder}: ${made.bytes.count} artifacts (${size(made.bytes.size)}), ${made.copied} of them new; ` +
          `${made.repositories} repositories`,
      `${settings.home}/secret.key (or GANTRY_KEY_FILE) is not in it: without that key its secrets cannot be opened`,
    ];
    return { json: made, text: lines.join('\n') };
  },
};
