import { type Client, path } from '../api/client';
import type { List, RunSummary } from '../api/types';
import { failure } from '../errors';
import type { Input } from '../input';

/** As many runs are looked at when one is meant but not named. */
const LOOK_AT = 50;

/** Newest first. */
export async function listRuns(client: Client, app: string, limit = LOOK_AT): Promise<RunSummary[]> {
  return (await client.get<List<RunSummary>>(path`/apps/${app}/runs?limit=${limit}`)).items;
}

/** The run that was named, or the app's newest. */
export async function namedOrNewestRun(client: Client, input: Input): Promise<{ app: string; number: number }> {
  const app = input.argument('APP');
  const number = input.optionalNumber('RUN');
  if (number !== undefined) return { app, number };
  const [newest] = await listRuns(client, app, 1);
  if (newest === undefined) throw failure('no-runs', `${app} has no runs yet`, 'push a commit: git push gantry main');
  return { app, number: newest.number };
}

/** The run that was named, or the only one of the app that waits for people. */
export async function namedOrWaitingRun(client: Client, input: Input): Promise<{ app: string; number: number }> {
  const app = input.argument('APP');
  const number = input.optionalNumber('RUN');
  if (number !== undefined) return { app, number };
  const waiting = (await listRuns(client, app)).filter((run) => run.state === 'waiting');
  const [only, another] = waiting;
  if (only === undefined) {
    throw failure('nothing-waits', `nothing of ${app} waits for approval`, `see its runs: gantry run list ${app}`);
  }
  if (another !== undefined) {
    const numbers = waiting.map((run) => `#${run.number}`).join(', ');
    throw failure('ambiguous', `several runs of ${app} wait: ${numbers}`, 'name one after the app');
  }
  return { app, number: only.number };
}
