import { type RunnerSettings, runnerSettings } from '../settings';

/** `node …/runners/main.js COMMAND`: each command loads only what it needs, so that bases build before nodegit does. */
const COMMANDS: Record<string, (settings: RunnerSettings, args: string[]) => Promise<number>> = {
  run: async (settings) => (await import('./run.js')).runMain(settings),
  bases: async (settings, args) => (await import('./bases/main.js')).basesMain(settings, args),
  image: async (settings, args) => (await import('./bases/gantry-image.js')).imageMain(settings, args),
  remove: async (settings, args) => (await import('./remove.js')).removeMain(settings, args),
  upkeep: async (settings, args) => (await import('./upkeep/main.js')).upkeepMain(settings, args),
  doctor: async (settings) => (await import('./doctor.js')).doctorMain(settings),
};

async function main(): Promise<void> {
  const [name = '', ...args] = process.argv.slice(2);
  const command = COMMANDS[name];
  if (command === undefined) {
    process.stderr.write(`gantry runner: unknown command "${name}"; known: ${Object.keys(COMMANDS).join(', ')}\n`);
    process.exitCode = 2;
    return;
  }
  process.exitCode = await command(runnerSettings(), args);
}

main().catch((error: unknown) => {
  process.stderr.write(`gantry runner: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
