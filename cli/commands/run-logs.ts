import { type Client, path, textOf } from '../api/client';
import { followRun, readRun } from '../api/follow';
import { followLog } from '../api/follow-log';
import { isFinal, isFinalStep, type Run, type Step } from '../api/types';
import type { Command } from '../command';
import { EXIT, usageError } from '../errors';
import { stepName } from '../format/house';
import { LogLines } from '../format/log-lines';
import { logText } from '../format/log-text';
import type { Output } from '../output';
import { namedOrNewestRun } from './find-run';
import { APP, RUN } from './run';

export const runLogs: Command = {
  name: 'run logs',
  summary: 'prints the log of a run, or of one of its steps',
  arguments: [APP, RUN, { name: 'STEP', help: 'name of a step; all steps when left out', optional: true }],
  options: { follow: { short: 'f', help: 'goes on until the run (or the step) ends' } },
  examples: ['gantry run logs storefront', 'gantry run logs storefront 3 test/deliver -f'],
  async run(input, { api, out }) {
    const { app, number } = await namedOrNewestRun(api, input);
    const run = await readRun(api, app, number);
    const wanted = input.optional('STEP');
    const logs = new Logs(api, out, run);
    if (wanted !== undefined) await logs.print(stepCalled(run, wanted), input.flag('follow'));
    else if (input.flag('follow')) await logs.followAll();
    else for (const step of begun(run)) await logs.print(step, false);
    return { json: { app, run: number, steps: logs.collected }, text: '', exit: EXIT.ok };
  },
};

const begun = (run: Run): Step[] => run.steps.filter((step) => step.startedAt !== null);

function stepCalled(run: Run, name: string): Step {
  const step = run.steps.find((known) => known.name === name);
  if (step !== undefined) return step;
  const names = run.steps.map((known) => known.name).join(', ');
  throw usageError(`run ${run.number} of ${run.app} has no step "${name}"`, `its steps: ${names}`);
}

/** Logs of one run, printed one after the other, each once. */
class Logs {
  readonly collected: { name: string; log: string }[] = [];
  private readonly printed = new Set<string>();

  constructor(
    private readonly api: Client,
    private readonly out: Output,
    private readonly run: Run,
  ) {}

  async print(step: Step, follow: boolean): Promise<void> {
    const { app, number } = this.run;
    this.printed.add(step.name);
    this.out.line(this.out.paint('bold', `== ${stepName(step)}`));
    const pieces = follow
      ? followLog(this.api, { app, run: number, name: step.name })
      : ((await this.api.stream(path`/apps/${app}/runs/${number}/steps/${step.name}/log`, {
          headers: { accept: 'text/plain' },
        })) as AsyncIterable<Buffer>);
    if (this.out.json) {
      this.collected.push({ name: step.name, log: await textOf(pieces) });
      return;
    }
    const lines = new LogLines((line) => this.out.raw(`${logText(line, this.out.colours)}\n`));
    for await (const piece of pieces) lines.push(piece);
    lines.end();
  }

  /** Each step's log from its beginning to its end, in the order in which they begin, until the run ends. */
  async followAll(): Promise<void> {
    for (;;) {
      let next: Step | undefined;
      const run = await followRun(this.api, this.run.app, this.run.number, (seen) => {
        next = begun(seen).find((step) => !this.printed.has(step.name));
        if (seen.state === 'waiting') this.out.progress(`waits: ${seen.waitsFor}`);
        return next === undefined ? 'go on' : 'stop';
      });
      if (next === undefined && isFinal(run)) return;
      if (next !== undefined) await this.print(next, !isFinalStep(next));
    }
  }
}
