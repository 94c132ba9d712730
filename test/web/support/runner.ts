import type { Engine } from '../../../engine/engine';
import type { Fault } from '../../../engine/model/errors';
import { makeStable, place as placeRelease, setGray } from '../../../engine/rollout/traffic';
import { finishStep, type StepEnd } from '../../../engine/steps/finish';
import type { StepLease } from '../../../engine/steps/lease';
import { parsePipeline } from '../../../pipelines/parse';
import { planPipeline } from '../../../pipelines/plan';
import type { Plan } from '../../../pipelines/types';
import { takeStep } from '../../support/take-step';

const KINDS = ['plan', 'build-image', 'seal', 'deliver', 'verify', 'approve', 'share', 'observe', 'promote', 'retire'];

const PIPELINE = `
app: storefront
serve:
  image: { dockerfile: Dockerfile }
  port: 3000
  health: { path: /health }
stages:
  test: {}
  gray:
    approve: { role: release-manager }
    share: 5%
  production: {}
`;

/** The plan of a small app, as the plan step would write it: `plan` itself is in the run already. */
export function smallPlan(): Plan {
  const parsed = parsePipeline(PIPELINE);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const plan = planPipeline(parsed.spec);
  return { ...plan, steps: plan.steps.filter((step) => step.kind !== 'plan') };
}

/** A runner without hands: takes what is ready and ends it as the test says. */
export class FakeRunner {
  constructor(private readonly engine: Engine) {}

  /** The next step that is ready; waits for it. */
  async take(): Promise<StepLease> {
    for (;;) {
      const lease = await takeStep(this.engine.parts, 'fake', { kinds: KINDS });
      if (lease !== undefined) return lease;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  end(lease: StepLease, end: StepEnd): Promise<unknown> {
    return finishStep(this.engine.parts, lease, end);
  }

  /** Ends the next step well, with what its kind leaves behind in SQL. */
  async succeed(log = ''): Promise<StepLease> {
    const lease = await this.take();
    if (log !== '') await this.log(lease, log);
    await this.end(lease, await this.work(lease));
    return lease;
  }

  /** Goes on until this step has ended well. */
  async succeedUntil(name: string): Promise<void> {
    for (let lease = await this.succeed(); lease.name !== name; ) lease = await this.succeed();
  }

  async fail(reason: string, log = '', fault: Fault = 'user'): Promise<void> {
    const lease = await this.take();
    if (log !== '') await this.log(lease, log);
    await this.end(lease, { end: 'failed', fault, reason, next: '' });
  }

  log(lease: StepLease, text: string): Promise<void> {
    return this.engine.parts.logs.append(lease.run.id, lease.stepId, Buffer.from(text));
  }

  private async work(lease: StepLease): Promise<StepEnd> {
    if (lease.verb === 'undo') return { end: 'succeeded', output: {} };
    if (lease.kind === 'plan') return { end: 'planned', plan: smallPlan() };
    if (lease.kind === 'approve') return { end: 'waiting', reason: 'waits for people' };
    if (lease.kind === 'seal') await this.seal(lease);
    if (lease.kind === 'deliver') await this.deliver(lease);
    if (lease.kind === 'share') await this.move(lease, 'gray');
    if (lease.kind === 'promote') await this.move(lease, 'stable');
    return { end: 'succeeded', output: { by: 'fake' } };
  }

  private async seal(lease: StepLease): Promise<void> {
    await this.engine.releases.seal(lease, {
      format: 1,
      app: lease.app.name,
      commit: lease.run.commit,
      pipelineHash: 'p'.repeat(64),
      artifact: null,
      image: { id: `sha256:${'1'.repeat(64)}`, size: 1 },
      baseId: null,
      stages: {},
    });
  }

  private async deliver(lease: StepLease): Promise<void> {
    const { environment, releaseId } = await this.place(lease);
    const role = lease.role as 'environment' | 'gray' | 'production';
    const placed = await this.engine.environments.change({ lease }, environment.id, (traffic) => {
      const { traffic: after, lane } = placeRelease(traffic, releaseId);
      return role === 'environment' ? { ...after, stable: lane } : after;
    });
    const lane = Object.entries(placed.traffic.lanes).find(([, id]) => id === releaseId)?.[0] as 'a';
    const name = `${lease.app.name}-${lease.stage}-${lease.run.number}`;
    await this.engine.instances.record(lease, { name, environment: placed, releaseId, lane, ordinal: 1, port: 3000 });
    await this.engine.instances.move(name, { state: 'serving', address: '10.0.0.2' });
  }

  private async move(lease: StepLease, to: 'gray' | 'stable'): Promise<void> {
    const { environment, releaseId } = await this.place(lease);
    await this.engine.environments.change({ lease }, environment.id, (traffic) => {
      const { traffic: after } = placeRelease(traffic, releaseId);
      return to === 'gray'
        ? setGray(after, releaseId, {
            share: 500,
            rules: [{ kind: 'header', name: 'X-Gray', match: 'equals', value: '1' }],
            key: 'k',
            salt: 's',
          })
        : makeStable(after, releaseId);
    });
  }

  private async place(lease: StepLease) {
    const role = lease.role as 'environment' | 'gray' | 'production';
    const environment = await this.engine.environments.ensure(lease, { name: lease.stage, role });
    const { row } = await this.engine.runs.find(lease.app.name, lease.run.number);
    return { environment, releaseId: row.release_id ?? '' };
  }
}
