import { parseArgs } from 'node:util';
import { GantryError } from '../../engine/model/errors';
import type { RunnerSettings } from '../../settings';
import { audit } from './audit';
import { backUp } from './backup';
import { confirm, look } from './confirm';
import { drain, lift } from './drain';
import { migrate, schema } from './migrate';
import { putBack, restore } from './restore';
import type { UpkeepWords } from './words';

const VERBS: Readonly<Record<string, (settings: RunnerSettings, words: UpkeepWords) => Promise<object>>> = {
  backup: backUp,
  restore,
  'put-back': putBack,
  look,
  confirm,
  schema,
  migrate,
  drain,
  lift,
  audit,
};

/**
 * `upkeep VERB [FILE] [options]`: what is done to Gantry's own data. The last line of standard output is the one
 * document, `{done}` or `{error}`.
 */
export async function upkeepMain(settings: RunnerSettings, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      bytes: { type: 'string' },
      replace: { type: 'boolean', default: false },
      within: { type: 'string', default: '0' },
      actor: { type: 'string', default: 'operator' },
      app: { type: 'string' },
      anchors: { type: 'string' },
    },
  });
  const [name = '', file = ''] = positionals;
  const verb = VERBS[name];
  const print = (document: object) => process.stdout.write(`${JSON.stringify(document)}\n`);
  if (verb === undefined) {
    process.stderr.write(`gantry upkeep: unknown verb "${name}"; known: ${Object.keys(VERBS).join(', ')}\n`);
    return 2;
  }
  const words = { ...values, file, within: Number(values.within), progress: print };
  try {
    print({ done: await verb(settings, words) });
    return 0;
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    const { code, message, next } = error;
    print({ error: { code, message, next } });
    return 1;
  } finally {
    // Kept connections to Docker and to the gateway must not keep the process.
    setImmediate(() => process.exit());
  }
}
