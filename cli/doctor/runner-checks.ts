import type { CliSettings } from '../../settings';
import { mainProgram, runMain } from '../processes/mains';
import type { Check } from './check';

const LIMIT_MS = 30_000;

/** What only a runner can tell: Docker, base images. A runner that cannot tell is a failed check itself. */
export async function runnerChecks(settings: CliSettings): Promise<Check[]> {
  const answered = await runMain(mainProgram(settings, 'runners', ['doctor', '--json']), () => undefined, LIMIT_MS);
  const checks = checksIn(answered.stdout);
  if (checks !== undefined) return checks;
  const lines = answered.stderr.trim().split('\n');
  const reason = lines.find((line) => /\bError\b/.test(line)) ?? lines.at(-1) ?? '';
  return [
    {
      name: 'runner',
      state: 'fail',
      found: `its doctor ended with status ${answered.status}: ${reason.trim().slice(0, 300)}`,
      why: 'runners carry out every step',
      mend: 'build it anew: ./gantry build',
    },
  ];
}

/** The last line that holds checks: a list, or an object with a list. */
function checksIn(stdout: string): Check[] | undefined {
  for (const line of [stdout, ...stdout.trim().split('\n').reverse()]) {
    try {
      const value = JSON.parse(line) as Check[] | { checks?: Check[] };
      const checks = Array.isArray(value) ? value : value.checks;
      if (checks !== undefined) return checks;
    } catch {
      // Not this line.
    }
  }
  return undefined;
}
