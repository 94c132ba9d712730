import { finishStep, type StepEnd } from '../../../engine/steps/finish';
import type { StepLease } from '../../../engine/steps/lease';
import { takeSteps, type Wish } from '../../../engine/steps/take';
import { parsePipeline } from '../../../pipelines/parse';
import { planPipeline } from '../../../pipelines/plan';
import { makeEngine, type TestEngine } from '../../support/engine';

const KINDS = ['plan', 'command', 'build-image', 'seal', 'deliver', 'verify', 'approve', 'share', 'promote', 'retire'];
const NEVER = Date.UTC(2100, 0);
const NO_COMMIT = '0'.repeat(40);

/** Pushes in line, and a runner that carries out what it is told to, and never loses a lease. */
export class Line {
  private readonly held = new Map<string, StepLease>();
  private readonly heads = new Map<string, string>();
  private pushes = 0;

  constructor(
    readonly test: TestEngine,
    private readonly pipeline: string,
  ) {}

  static async of(pipeline: string, apps: readonly string[] = ['shop']): Promise<Line> {
    const test = await makeEngine();
    for (const app of apps) await test.engine.apps.create(app, 'user:ada');
    return new Line(test, pipeline);
  }

  /**
   * A push whose commit follows the last one of its branch, or sets the branch to `commit`; planned when `planned` says
   * so. @returns its number
   */
  async push(
    branch = 'main',
    { app = 'shop', planned = true, commit = '' }: { app?: string; planned?: boolean; commit?: string } = {},
  ): Promise<number> {
    const ref = `refs/heads/${branch}`;
    const after = commit || (++this.pushes).toString(16).padStart(40, 'a');
    const before = this.heads.get(`${app} ${ref}`) ?? NO_COMMIT;
    this.heads.set(`${app} ${ref}`, after);
    const push = { app, source: 'git-push', ref, before, after, pusher: 'ada' };
    const [accepted] = await this.test.engine.deliveries.accept(push, 'user:ada');
    const number = accepted?.run?.number ?? 0;
    if (planned) await this.plan(number, app);
    return number;
  }

  /** Carries out the plan step of a run, which must be the next one to take. */
  async plan(run: number, app = 'shop'): Promise<void> {
    await this.take(['plan'], app);
    await this.planned(run, app);
  }

  /** Ends the plan step of a run, which was taken. */
  async planned(run: number, app = 'shop'): Promise<void> {
    await this.end(`${run} plan`, { end: 'planned', plan: this.planOf(app) }, app);
  }

  /** Everything that may be taken now, of this app: `2 gray/deliver`. */
  async take(kinds: readonly string[] = KINDS, app = 'shop', reach: Partial<Wish> = {}): Promise<string[]> {
    const leases = await takeSteps(this.test.engine.parts, 'r', () => ({ kinds, limit: 1_000, ...reach }));
    // However slow the machine is: nobody else takes them.
    const { write } = this.test.engine.parts.store;
    await write((tx) => tx.updateTable('steps').set({ lease_until: NEVER }).where('state', '=', 'running').execute());
    for (const lease of leases) this.held.set(`${lease.app.name} ${lease.run.number} ${lease.name}`, lease);
    return leases.filter((lease) => lease.app.name === app).map(({ run, name }) => `${run.number} ${name}`);
  }

  /** What was taken of an app so far. */
  heldOf(app: string): string[] {
    return [...this.held.keys()].filter((key) => key.startsWith(`${app} `)).map((key) => key.slice(app.length + 1));
  }

  /** Ends a step that was taken; by default it succeeds. */
  async end(step: string, end: StepEnd = { end: 'succeeded', output: null }, app = 'shop'): Promise<void> {
    await finishStep(this.test.engine.parts, this.lease(step, app), end);
  }

  /** The lease of a step that was taken: `2 gray/deliver`. */
  lease(step: string, app = 'shop'): StepLease {
    const lease = this.held.get(`${app} ${step}`);
    if (lease === undefined) throw new Error(`${step} was not taken`);
    return lease;
  }

  /** Takes and ends these steps one after the other. */
  async go(run: number, ...steps: readonly string[]): Promise<void> {
    for (const name of steps) {
      await this.take();
      const waits = name.endsWith('/approve');
      await this.end(`${run} ${name}`, waits ? { end: 'waiting', reason: 'people' } : undefined);
    }
  }

  approve(run: number): Promise<unknown> {
    return this.test.engine.approvals.decide({ app: 'shop', run, user: 'ada', vote: 'yes', reason: '' });
  }

  /** State and reason of each run: `1 superseded: superseded by #2`. */
  async states(app = 'shop'): Promise<string[]> {
    const runs = await this.test.engine.runs.list({ app, limit: 1_000 });
    return runs.map(({ number, state, reason }) => `${number} ${state}${reason && `: ${reason}`}`).sort(byNumber);
  }

  close(): Promise<void> {
    return this.test.close();
  }

  private planOf(app: string) {
    const parsed = parsePipeline(`app: ${app}\n${this.pipeline}`);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return planPipeline(parsed.spec);
  }
}

const byNumber = (a: string, b: string): number => Number.parseInt(a, 10) - Number.parseInt(b, 10);
