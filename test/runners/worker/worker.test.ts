import { expect } from 'chai';
import type { StepKind, StepResult } from '../../../engine/ports/step-kind';
import type { Plan } from '../../../pipelines/types';
import { startWorker, type Worker } from '../../../runners/worker/worker';
import { makeEngine, type TestEngine } from '../../support/engine';

const DONE: StepResult = { end: 'succeeded', output: null };

/** Commands that wait until they are let go, and a plan with as many of them as asked for. */
function scripted(commands: number) {
  const held: (() => void)[] = [];
  const begun: string[] = [];
  const kind = (name: string, run: StepKind['run']): [string, StepKind] => [
    name,
    { kind: name as never, run, inspect: async () => ({ found: 'nothing' }), undo: async () => DONE },
  ];
  const step = (name: string, of: string) => ({
    name,
    stage: 'build',
    needs: ['plan'],
    timeout: 60_000,
    kind: of,
    spec: {},
  });
  const steps = [...Array.from({ length: commands }, (_, i) => step(`c${i}`, 'command')), step('seal', 'seal')];
  const plan = { format: 1, app: 'shop', pipelineHash: 'p', stages: [], build: {}, steps } as unknown as Plan;
  const kinds = new Map([
    kind('plan', async () => ({ end: 'planned', plan })),
    kind('seal', async () => DONE),
    kind('command', async ({ lease, signal }) => {
      signal.throwIfAborted();
      begun.push(lease.name);
      await new Promise<void>((resolve, reject) => {
        held.push(resolve);
        signal.addEventListener('abort', () => reject(signal.reason));
      });
      return DONE;
    }),
  ]);
  return { kinds, begun, held };
}

describe('a worker', () => {
  let test: TestEngine;
  let worker: Worker | undefined;
  beforeEach(async () => {
    test = await makeEngine();
    await test.engine.apps.create('shop', 'user:ada');
    const push = { ref: 'refs/heads/main', before: '0'.repeat(40), after: 'a'.repeat(40), pusher: 'ada' };
    await test.engine.deliveries.accept({ app: 'shop', source: 'git-push', ...push }, 'user:ada');
  });
  afterEach(async () => {
    await worker?.drain(2_000);
    await test.close();
  });

  const states = async () =>
    Object.fromEntries((await test.engine.runs.find('shop', 1)).steps.map((step) => [step.name, step.state]));
  const until = async (reached: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await reached())) await new Promise((resolve) => setTimeout(resolve, 2));
  };

  it('fills its places, takes what is over in a moment beside them, and what waits as places become free', async () => {
    const { kinds, begun, held } = scripted(5);
    worker = startWorker(test.engine, kinds, { owner: 'r', concurrency: 2 });
    await until(async () => (await states()).seal === 'succeeded');
    expect(begun).to.deep.equal(['c0', 'c1']);
    for (const letGo of held.splice(0)) letGo();
    await until(() => begun.length === 4);
    await until(async () => Object.values(await states()).filter((state) => state === 'running').length === 2);
    expect(begun).to.have.length(4);
    expect(await states()).to.include({ c0: 'succeeded', c1: 'succeeded', c4: 'ready' });
  });

  it('gives everything back when it is told to stop, also what it is taking at that moment', async () => {
    const { kinds, held } = scripted(3);
    worker = startWorker(test.engine, kinds, { owner: 'r', concurrency: 8 });
    await until(() => held.length === 3);
    await worker.drain(2_000);
    expect(worker.running()).to.equal(0);
    expect(await states()).to.include({ c0: 'ready', c1: 'ready', c2: 'ready' });
    const again = scripted(3);
    worker = startWorker(test.engine, again.kinds, { owner: 'again', concurrency: 8 });
    await worker.drain(2_000);
    expect(await states()).to.include({ c0: 'ready', c1: 'ready', c2: 'ready' });
  });
});
