import { expect } from 'chai';
import fc from 'fast-check';
import { isFinalRun, isFinalStep } from '../../engine/model/states';
import {
  type Decision,
  decide,
  IllegalMoveError,
  type RunEvent,
  type RunView,
  type StepView,
} from '../../engine/model/transition';

const step = (name: string, part: Partial<StepView> = {}): StepView => ({
  name,
  kind: 'command',
  role: 'build',
  verb: 'run',
  undoes: null,
  needs: [],
  state: 'pending',
  ...part,
});

const run = (steps: StepView[], part: Partial<RunView> = {}): RunView => ({
  state: 'running',
  endsAs: null,
  reason: '',
  steps,
  ...part,
});

/** The run after the decision was written, as the store would write it. */
function written(view: RunView, decision: Decision): RunView {
  const steps = view.steps.map((s) => ({
    ...s,
    state: decision.steps.filter((c) => c.name === s.name).at(-1)?.state ?? s.state,
  }));
  return { ...decision.run, steps: [...steps, ...decision.append] };
}

const gray = (name: string, kind: string, part: Partial<StepView> = {}): StepView =>
  step(name, { kind, role: 'gray', ...part });

describe('a run', () => {
  it('begins what the plan says once the plan is known', () => {
    const view = run([step('plan', { kind: 'plan', state: 'running' })]);
    const decision = decide(view, {
      type: 'planned',
      step: 'plan',
      steps: [step('build', { needs: ['plan'] }), step('seal', { needs: ['build'] })],
    });
    expect(written(view, decision).steps.map((s) => [s.name, s.state])).to.deep.equal([
      ['plan', 'succeeded'],
      ['build', 'ready'],
      ['seal', 'pending'],
    ]);
  });

  it('succeeds when its last step does', () => {
    const view = run([step('seal', { state: 'running' })]);
    expect(decide(view, { type: 'succeeded', step: 'seal' }).run.state).to.equal('succeeded');
  });

  it('waits when only people can go on', () => {
    const view = run([step('approve', { kind: 'approve', state: 'running' }), step('next', { needs: ['approve'] })]);
    const decision = decide(view, { type: 'waits', step: 'approve', reason: 'waits for a release-manager' });
    expect(decision.run.state).to.equal('waiting');
  });

  it('begins nothing and asks nobody any more when it was ended meanwhile', () => {
    const ending = { endsAs: 'cancelled', state: 'undoing' } as const;
    const planning = { ...run([step('plan', { kind: 'plan', state: 'running' })]), ...ending };
    const planned = decide(planning, { type: 'planned', step: 'plan', steps: [step('build', { needs: ['plan'] })] });
    expect(planned.append).to.deep.equal([]);
    expect(planned.run.state).to.equal('cancelled');
    const asking = { ...run([step('approve', { kind: 'approve', state: 'running' })]), ...ending };
    const asked = decide(asking, { type: 'waits', step: 'approve', reason: 'waits for a release-manager' });
    expect(asked.run.state).to.equal('cancelled');
  });

  it('asks nobody again while it is taken back: it would never end', () => {
    const promote = step('undo promote', { kind: 'promote', verb: 'undo', state: 'running' });
    const view = run([step('approve', { kind: 'approve', state: 'succeeded' }), promote]);
    const asked = decide(
      { ...view, endsAs: 'cancelled', state: 'undoing' },
      {
        ...{ type: 'asked-again', step: 'approve', reason: 'grace took the yes back' },
      },
    );
    expect(asked.steps).to.deep.equal([]);
  });

  it('takes back a step that was given back half done when it is ended', () => {
    const promote = step('promote', { kind: 'promote', role: 'production', state: 'ready', epoch: 1 });
    const ended = decide(run([promote]), { type: 'end-early', as: 'cancelled', reason: 'by grace' });
    expect(ended.append.map(({ name }) => name)).to.deep.equal(['undo promote']);
    const untouched = decide(run([{ ...promote, epoch: 0 }]), { type: 'end-early', as: 'cancelled', reason: '' });
    expect(untouched.append).to.deep.equal([]);
  });

  it('fails at once when a build fails, and undoes nothing', () => {
    const view = run([step('build', { state: 'running' }), step('seal', { needs: ['build'] })]);
    const decision = decide(view, { type: 'failed', step: 'build', reason: 'exit code 1' });
    expect(decision.run).to.deep.equal({ state: 'failed', endsAs: null, reason: 'build: exit code 1' });
    expect(decision.append).to.deep.equal([]);
  });

  it('takes gray back, last step first, before it ends as failed', () => {
    const view = run([
      gray('gray/deliver', 'deliver', { state: 'succeeded' }),
      gray('gray/share', 'share', { state: 'succeeded' }),
      gray('gray/observe', 'observe', { state: 'running' }),
    ]);
    const decision = decide(view, { type: 'failed', step: 'gray/observe', reason: 'gray was judged bad' });
    expect(decision.run.state).to.equal('undoing');
    expect(decision.append.map((s) => [s.name, s.state])).to.deep.equal([
      ['undo gray/share', 'ready'],
      ['undo gray/deliver', 'pending'],
    ]);
    const begun = decide(written(view, decision), { type: 'taken', step: 'undo gray/share' });
    const second = written(written(view, decision), begun);
    const undone = decide(second, { type: 'succeeded', step: 'undo gray/share' });
    const third = written(second, undone);
    expect(third.steps.find((s) => s.name === 'gray/share')?.state).to.equal('undone');
    const last = written(third, decide(third, { type: 'taken', step: 'undo gray/deliver' }));
    const end = decide(last, { type: 'succeeded', step: 'undo gray/deliver' });
    expect(end.run.state).to.equal('failed');
    expect(end.run.reason).to.equal('gray/observe: gray was judged bad');
  });

  it('waits until a running step has stopped before it undoes that step', () => {
    const view = run([gray('gray/deliver', 'deliver', { state: 'running' })]);
    const decision = decide(view, { type: 'end-early', as: 'cancelled', reason: 'cancelled by ada' });
    expect(decision.abort).to.deep.equal(['gray/deliver']);
    expect(decision.append[0]?.state).to.equal('pending');
    const stopped = written(view, decision);
    const next = decide(stopped, { type: 'failed', step: 'gray/deliver', reason: 'stopped' });
    expect(written(stopped, next).steps.map((s) => s.state)).to.deep.equal(['cancelled', 'ready']);
  });

  it('does not begin a step again that was given back while its run is taken back', () => {
    const share = step('share', { kind: 'share', role: 'gray', state: 'running' });
    const asked = run([share, step('promote', { kind: 'promote', role: 'production', needs: ['share'] })]);
    const stopping = written(asked, decide(asked, { type: 'end-early', as: 'cancelled', reason: 'no' }));
    const after = written(stopping, decide(stopping, { type: 'returned', step: 'share', reason: 'no gateway' }));
    expect(after.steps.map((s) => [s.name, s.state])).to.deep.equal([
      ['share', 'cancelled'],
      ['promote', 'cancelled'],
      ['undo share', 'ready'],
    ]);
    const undoing = written(after, decide(after, { type: 'taken', step: 'undo share' }));
    const again = written(undoing, decide(undoing, { type: 'returned', step: 'undo share' }));
    expect(again.steps.at(-1)?.state).to.equal('ready');
  });

  it('goes on with the other undo steps when one fails, and says which', () => {
    const view = run(
      [
        gray('gray/deliver', 'deliver', { state: 'succeeded' }),
        gray('undo gray/share', 'share', { verb: 'undo', undoes: 'gray/share', state: 'running' }),
        gray('undo gray/deliver', 'deliver', { verb: 'undo', undoes: 'gray/deliver', needs: ['undo gray/share'] }),
      ],
      { state: 'undoing', endsAs: 'cancelled', reason: 'cancelled by ada' },
    );
    const decision = decide(view, { type: 'failed', step: 'undo gray/share', reason: 'no gateway' });
    expect(decision.run.reason).to.equal('cancelled by ada; could not undo gray/share: no gateway');
    expect(decision.steps).to.deep.include({ name: 'undo gray/deliver', state: 'ready' });
  });

  const askedFor = (state: StepView['state']) =>
    run([
      step('undo production/promote', {
        kind: 'promote',
        verb: 'undo',
        undoes: 'production/promote',
        state: 'running',
      }),
      gray('undo gray/deliver', 'deliver', {
        verb: 'undo',
        undoes: 'gray/deliver',
        needs: ['undo production/promote'],
        state,
      }),
    ]);

  it('that people asked to take another one back stops at the first step that fails', () => {
    const decision = decide(askedFor('pending'), {
      type: 'failed',
      step: 'undo production/promote',
      reason: 'no image',
    });
    expect(decision.run).to.deep.equal({
      state: 'failed',
      endsAs: null,
      reason: 'could not undo production/promote: no image',
    });
    expect(decision.steps).to.deep.include({ name: 'undo gray/deliver', state: 'cancelled' });
  });

  it('that people asked to take another one back begins no more steps once it is cancelled', () => {
    const view = askedFor('pending');
    const decision = decide(view, { type: 'end-early', as: 'cancelled', reason: 'cancelled by ada' });
    expect(decision.abort).to.deep.equal(['undo production/promote']);
    expect(decision.append).to.deep.equal([]);
    const after = written(view, decision);
    const end = decide(after, { type: 'failed', step: 'undo production/promote', reason: 'stopped' });
    expect(written(after, end).steps.map((s) => s.state)).to.deep.equal(['failed', 'cancelled']);
    expect(end.run.state).to.equal('cancelled');
  });

  it('does not take a promoted release back when a later step fails', () => {
    const view = run([
      gray('gray/deliver', 'deliver', { state: 'succeeded' }),
      step('production/promote', { kind: 'promote', role: 'production', state: 'succeeded' }),
      step('production/retire', { kind: 'retire', role: 'production', state: 'running' }),
    ]);
    const decision = decide(view, { type: 'failed', step: 'production/retire', reason: 'Docker is away' });
    expect(decision.append).to.deep.equal([]);
    expect(decision.run.state).to.equal('failed');
  });

  it('changes no more once it has ended', () => {
    const view = run([step('a', { state: 'succeeded' })], { state: 'succeeded' });
    expect(() => decide(view, { type: 'end-early', as: 'cancelled', reason: '' })).to.throw(
      IllegalMoveError,
      'succeeded',
    );
  });
});

describe('any history of a run', () => {
  const kinds = ['command', 'deliver', 'share', 'observe', 'promote'];
  const plans = fc.array(
    fc.record({ kind: fc.constantFrom(...kinds), role: fc.constantFrom('build', 'environment', 'gray', 'production') }),
    { minLength: 1, maxLength: 7 },
  );
  const choices = fc.array(fc.nat(), { minLength: 40, maxLength: 40 });

  it('ends, keeps final states, and never has an undo before its step has stopped', () => {
    fc.assert(
      fc.property(plans, choices, (plan, picks) => {
        let view = run(
          plan.map((p, i) =>
            step(`s${i}`, { ...p, needs: i === 0 ? [] : [`s${i - 1}`], state: i === 0 ? 'ready' : 'pending' }),
          ),
        );
        for (const pick of picks) {
          if (isFinalRun(view.state)) break;
          const events = possible(view);
          const event = events[pick % events.length];
          if (event === undefined) throw new Error(`stuck in ${view.state}: ${JSON.stringify(view.steps)}`);
          const next = written(view, decide(view, event));
          checkHistory(view, next);
          view = next;
        }
        for (let i = 0; i < 60 && !isFinalRun(view.state); i++) view = written(view, decide(view, forward(view)));
        expect(isFinalRun(view.state)).to.equal(true);
        expect(view.steps.every((s) => isFinalStep(s.state))).to.equal(true);
      }),
      { numRuns: 500 },
    );
  });

  function possible(view: RunView): RunEvent[] {
    const events: RunEvent[] = view.steps.flatMap((s): RunEvent[] => {
      if (s.state === 'ready') return [{ type: 'taken', step: s.name }];
      if (s.state !== 'running') return [];
      return [
        { type: 'succeeded', step: s.name },
        { type: 'failed', step: s.name, reason: 'x' },
        { type: 'returned', step: s.name },
      ];
    });
    if (view.state !== 'undoing') events.push({ type: 'end-early', as: 'cancelled', reason: 'stop' });
    return events;
  }

  function forward(view: RunView): RunEvent {
    const running = view.steps.find((s) => s.state === 'running');
    if (running !== undefined) return { type: 'succeeded', step: running.name };
    const ready = view.steps.find((s) => s.state === 'ready');
    if (ready === undefined) throw new Error(`nothing can go on in ${JSON.stringify(view)}`);
    return { type: 'taken', step: ready.name };
  }

  function checkHistory(before: RunView, next: RunView): void {
    for (const old of before.steps.filter((s) => isFinalStep(s.state))) {
      const now = next.steps.find((s) => s.name === old.name)?.state;
      const undone = old.state === 'succeeded' || old.state === 'failed' || old.state === 'cancelled';
      expect(now === old.state || (undone && now === 'undone'), `${old.name}: ${old.state} → ${now}`).to.equal(true);
    }
    for (const undo of next.steps.filter((s) => s.verb === 'undo' && s.state !== 'pending')) {
      const target = next.steps.find((s) => s.name === undo.undoes);
      expect(target === undefined || isFinalStep(target.state), `${undo.name} began too early`).to.equal(true);
    }
  }
});
