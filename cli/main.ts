import { cliSettings } from '../settings';
import { runCommandLine } from './command-line';

/** A reader that went away (`gantry run list | head -1`) has seen enough. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

async function main(): Promise<void> {
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    settings: cliSettings,
    folder: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  });
}

void main();
