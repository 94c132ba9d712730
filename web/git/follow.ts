import { messageOf } from '../../engine/model/errors';
import { isFinalRun } from '../../engine/model/states';
import type { RunShown } from '../../engine/runs/show';
import { hostUrl } from '../api/shapes';
import { FOLLOW_MS, LOG_CHUNK, STILL_RUNNING_MS } from '../limits';
import type { WebParts } from '../parts';
import { failureLines } from './failure-lines';
import { endLine, isTold, logText, plain, seconds, stepLine, stillLine, waitLines } from './lines';

interface Followed {
  app: string;
  number: number;
  id: string;
}

/**
 * Tells a run line by line until it has ended, waits for people, or the pusher has waited long enough. The run itself
 * depends on none of this.
 */
export async function follow(
  parts: WebParts,
  wanted: Followed,
  say: (line: string) => void,
  gone: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.timeout(FOLLOW_MS);
  const told = new Set<string>();
  const look = async (): Promise<boolean> => {
    const run = await parts.engine.runs.show(wanted.app, wanted.number);
    for (const step of run.steps.filter((s) => isTold(s) && !told.has(s.id))) {
      told.add(step.id);
      say(stepLine(step));
    }
    return finish(parts, run, say);
  };
  const still = setInterval(sayStill(parts, wanted, say), STILL_RUNNING_MS);
  try {
    const events = parts.feed.follow({ after: 0, runId: wanted.id }, AbortSignal.any([gone, limit]));
    for await (const _event of events) if (await look()) return;
  } finally {
    clearInterval(still);
  }
  if (limit.aborted) say(`  still at work after ${seconds(FOLLOW_MS)}; see the address above`);
  else if (parts.stopping.aborted) say('  Gantry is being restarted; the run goes on, see the address above');
}

/** Says the end, or what people must do; true when there is nothing more to wait for. */
async function finish(parts: WebParts, run: RunShown, say: (line: string) => void): Promise<boolean> {
  if (run.state === 'waiting' && run.approvals.some((a) => a.state === 'requested')) {
    for (const line of waitLines(run)) say(line);
    return true;
  }
  if (!isFinalRun(run.state)) return false;
  if (run.failure !== null) for (const line of failureLines(run.failure, run.app)) say(line);
  if (run.state === 'ignored') for (const line of await plannersWords(parts, run)) say(`    | ${line}`);
  // A reason may hold what a build wrote, and it goes to a terminal.
  for (const line of endLine(run).split('\n')) say(plain(line));
  if (run.state === 'succeeded') await sayWhere(parts, run, say);
  return true;
}

/** Of an ignored run: they hold the proposed file, which is there to be copied, so it comes without times. */
async function plannersWords(parts: WebParts, run: RunShown): Promise<string[]> {
  const step = run.steps.find((s) => s.kind === 'plan');
  if (step === undefined) return [];
  const { logs } = parts.engine.parts;
  const size = await logs.size(run.id, step.id);
  const lines = logText(await logs.read(run.id, step.id, Math.max(0, size - LOG_CHUNK), LOG_CHUNK));
  if (lines.length === 1 && lines[0] === '') return [];
  return lines.map((line) => line.replace(LOG_TIME, ''));
}

const LOG_TIME = /^\d\d:\d\d:\d\d\.\d{3} /;

async function sayWhere(parts: WebParts, run: RunShown, say: (line: string) => void): Promise<void> {
  const app = await parts.engine.apps.find(run.app);
  const environments = await parts.engine.environments.show(app.id);
  const production = environments.find((e) => e.role === 'production');
  if (production !== undefined) say(`  ${hostUrl(parts, production.host)}`);
}

/**
 * A long step is mentioned while it runs, so that nobody takes the silence for an end: soon at first, then ever less
 * often, since a step may take hours.
 */
function sayStill(parts: WebParts, wanted: Followed, say: (line: string) => void): () => void {
  const begun = parts.engine.parts.clock.now();
  let again = 0;
  const look = async () => {
    const now = parts.engine.parts.clock.now();
    if (now - begun < again) return;
    const run = await parts.engine.runs.show(wanted.app, wanted.number);
    const step = run.steps.find((s) => s.state === 'running' && now - (s.startedAt ?? now) >= STILL_RUNNING_MS);
    const line = step === undefined ? run.waitsFor && `  ${run.waitsFor}` : stillLine(step, now);
    if (line === '' || isFinalRun(run.state)) return;
    again = (now - begun) * 1.5;
    say(line);
  };
  return () => {
    look().catch((error: unknown) => parts.log.warn({ error: messageOf(error) }, 'a pusher could not be told'));
  };
}
