import { basesMain } from './bases/main';

/** `node …/runners/main.js COMMAND`: each command loads only what it needs, so that bases build before nodegit does. */
const COMMANDS: Record<string, (args: string[]) => Promise<number>> = {
  run: async () => (await import('./run.js')).runMain(),
  bases: (args) => basesMain(args),
  remove: async (args) => (await import('./remove.js')).removeMain(args),
  doctor: async () => (await import('./doctor.js')).doctorMain(),
};

async function main(): Promise<void> {
  const [name = '', ...args] = process.argv.slice(2);
  const command = COMMANDS[name];
  if (command === undefined) {
    process.stderr.write(`gantry runner: unknown command "${name}"; known: ${Object.keys(COMMANDS).join(', ')}\n`);
    process.exitCode = 2;
    return;
  }
  process.exitCode = await command(args);
}

main().catch((error: unknown) => {
  process.stderr.write(`gantry runner: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
