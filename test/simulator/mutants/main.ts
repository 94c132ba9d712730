import { parseArgs } from 'node:util';
import { huntAll } from './harness';
import { mutants } from './list';
import type { Hunted } from './worker';

/**
 * Plants every bug of the list, or those that are named, one at a time.
 * @returns the exit status: 0 all were found, 1 one was not
 */
export async function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { seed: { type: 'string', default: '1' }, json: { type: 'boolean', default: false } },
  });
  const chosen = positionals.length === 0 ? mutants : mutants.filter(({ id }) => positionals.includes(id));
  const began = performance.now();
  const hunted = await huntAll(chosen, Number(values.seed));
  const found = hunted.filter(({ by }) => by !== undefined).length;
  const told = { planted: chosen.length, planted_found: found, seconds: (performance.now() - began) / 1000 };
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ ...told, hunted })}\n`
      : `${inWords(hunted)}\n${found} of ${chosen.length} found\n`,
  );
  return found === chosen.length ? 0 : 1;
}

const inWords = (hunted: readonly Hunted[]): string =>
  hunted
    .map(({ id, by, what, histories, seconds }) =>
      [
        id.padEnd(26),
        (by ?? 'NOT FOUND').padEnd(10),
        `after ${histories} histories`,
        `${seconds.toFixed(1)} s`,
        what.replaceAll('\n', ' ').slice(0, 120),
      ].join(' '),
    )
    .join('\n');

if (require.main === module) {
  void main(process.argv.slice(2)).then((status) => {
    process.exitCode = status;
  });
}
