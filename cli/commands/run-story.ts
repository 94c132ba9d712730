import { isFinal, isFinalStep, type Run, type Step } from '../api/types';
import { failureText } from '../format/failure';
import { oneLine, runName, stateWord, stepName } from '../format/house';
import { duration, span } from '../format/time';
import type { Output } from '../output';

/** Tells a run line by line as it changes: a line for each step that ends, for each wait, and for the end. */
export class RunStory {
  private readonly told = new Set<string>();
  private waited = '';

  constructor(
    private readonly out: Output,
    private readonly now: () => number,
  ) {}

  tell(run: Run): void {
    this.once('head', `${this.out.paint('bold', runName(run))}  ${oneLine(run.title, 80)}`);
    for (const step of run.steps) if (isFinalStep(step) && step.startedAt !== null) this.tellStep(step);
    this.tellWait(run);
    this.tellEnd(run);
    const running = run.steps.find((step) => step.state === 'running');
    if (running !== undefined && !isFinal(run)) {
      this.out.progress(`  ${stepName(running)} … ${span(running.startedAt, null, this.now())}`);
    }
  }

  private tellStep(step: Step): void {
    const word = step.state === 'succeeded' ? this.out.paint('green', 'ok') : stateWord(this.out, step.state);
    const reason = step.reason === '' || step.state === 'succeeded' ? '' : `  ${oneLine(step.reason, 200)}`;
    const line = `  ${stepName(step).padEnd(24)} ${word}  ${span(step.startedAt, step.endedAt, this.now())}${reason}`;
    this.once(`${step.name} ${step.verb} ${step.attempt} ${step.state}`, line);
  }

  private tellWait(run: Run): void {
    if (run.state !== 'waiting' || run.waitsFor === this.waited) return;
    this.waited = run.waitsFor;
    this.out.line(`  ${this.out.paint('yellow', 'waits')}: ${run.waitsFor || 'for people'}`);
    this.out.line(`  to go on: gantry approve ${run.app} ${run.number}`);
  }

  private tellEnd(run: Run): void {
    if (!isFinal(run)) return;
    const why = failureText(this.out, run.failure, run.app);
    if (why !== '') this.once('why', why);
    const took = duration((run.endedAt ?? this.now()) - (run.startedAt ?? run.createdAt));
    const reason = run.reason === '' ? '' : `: ${run.reason}`;
    this.once('end', `${runName(run)} ${stateWord(this.out, run.state)} after ${took}${reason}`);
  }

  private once(key: string, line: string): void {
    if (this.told.has(key)) return;
    this.told.add(key);
    this.out.line(line);
  }
}
