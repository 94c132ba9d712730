import type { StepLease } from '../../../engine/steps/lease';
import { takeSteps } from '../../../engine/steps/take';
import { executeStep } from '../../../runners/worker/execute';
import { type History, PLACES } from '../history';
import { here, type Process, Task } from '../process';
import type { Entry } from '../simulation';
import { quiet } from '../timers';
import type { Command } from './command';

/** Goes on with the step that stopped first; else takes one. Either way only so far as the command says. */
export async function work(history: History, entry: Entry, command: Extract<Command, { do: 'work' }>): Promise<void> {
  const process = history.process(command.at);
  if (process.state !== 'up') return;
  const points = command.points ?? Number.POSITIVE_INFINITY;
  const stopped = command.another ? undefined : [...process.steps].find((step) => step.isParked);
  process.expect(command.trouble);
  if (stopped !== undefined) {
    entry.answer = { kind: 'done', value: 'goes on' };
    await stopped.goOn(points, quiet);
  } else {
    const task = new Task(process);
    task.allow(points);
    history.answer(entry, task, () => takeAndCarryOut(history, process, task));
    await quiet();
  }
  process.expect(undefined);
}

/** @returns what it was; null when there was nothing */
async function takeAndCarryOut(history: History, process: Process, task: Task): Promise<string | null> {
  if (process.steps.size >= PLACES) return null;
  process.steps.add(task);
  try {
    const { engine, kinds, outside } = history;
    const wish = { ...history.reach, limit: 1 };
    const [lease] = await takeSteps(engine.parts, process.owner, () => wish);
    if (lease === undefined) return null;
    outside.queue.heard(lease.stepId);
    const kind = kinds.get(lease.kind);
    if (kind === undefined) throw new Error(`there is no kind ${lease.kind}`);
    const { ended, giveBack } = here.run(task, () => executeStep(process.own(engine), kind, lease));
    task.giveBack = giveBack;
    await ended;
    return what(lease);
  } finally {
    process.steps.delete(task);
  }
}

const what = ({ app, run, name, epoch }: StepLease): string => `${app.name}#${run.number}/${name}@${epoch}`;
