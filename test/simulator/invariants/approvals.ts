import type { Invariant } from '../simulation';
import { releaseIn, type Switch, switchesOf } from './facts';
import type { Picture } from './picture';
import type { Row } from './recorder';
import { always, firstOf, remembering } from './support';

/** Switches that make another release stable in production, each with the run whose `promote` did it. */
const promotions = (p: Picture): (Switch & { run: Row<'runs'>; step: Row<'steps'> })[] =>
  switchesOf(p).flatMap((one) => {
    const { environment, before, after, run, step } = one;
    const isOther = releaseIn(after, after.stable) !== releaseIn(before, before.stable);
    if (environment.role !== 'production' || !isOther || run === undefined || step?.verb !== 'run') return [];
    return [{ ...one, run, step }];
  });

/** The gates that a run passed on its way, as they are now. */
const gatesBefore = (p: Picture, run: Row<'runs'>, step: Row<'steps'>): readonly Row<'steps'>[] =>
  p.stepsOf(run.id).filter((one) => one.kind === 'approve' && one.verb === 'run' && one.position < step.position);

const approvalOf = (p: Picture, step: Row<'steps'>): Row<'approvals'> | undefined =>
  [...p.rows('approvals').values()].find((approval) => approval.step_id === step.id);

const enough: Invariant = always(
  'A1',
  'production is switched only with enough valid approvals of different people',
  (p) =>
    firstOf(promotions(p), ({ run, step }) =>
      firstOf(gatesBefore(p, run, step), (gate) => {
        const approval = approvalOf(p, gate);
        if (approval === undefined) return `run ${run.number} passed ${gate.name}, where nobody was asked`;
        const yes = new Set(
          p
            .votesOf(approval.id)
            .filter(({ vote }) => vote === 'yes')
            .map(({ user }) => user),
        );
        const wanted = (JSON.parse(gate.spec) as { count?: number }).count ?? 1;
        if (yes.size < wanted) return `run ${run.number} passed ${gate.name} with ${yes.size} of ${wanted} approvals`;
        const isValid = ['granted', 'consumed'].includes(approval.state);
        return isValid ? undefined : `run ${run.number} passed ${gate.name}, whose approval is ${approval.state}`;
      }),
    ),
);

const bound: Invariant = always('A2', 'an approval is bound to the release and the pipeline that are switched', (p) =>
  firstOf(promotions(p), ({ run, step, after }) => {
    const release = p.rows('releases').get(releaseIn(after, after.stable) ?? '');
    if (release?.id !== run.release_id) return `run ${run.number} made a release stable that is not its own`;
    return firstOf(gatesBefore(p, run, step), (gate) => {
      const approval = approvalOf(p, gate);
      const isSame = approval?.release_hash === release?.hash && approval?.pipeline_hash === run.pipeline_hash;
      return isSame ? undefined : `what ${gate.name} of run ${run.number} approved is not what was switched`;
    });
  }),
);

/** A2 for the person: what counts is what they were shown. */
const shown: Invariant = always('A2b', 'a vote counts only for what its voter was shown, and before it expired', (p) =>
  firstOf(p.changesOf('approval_votes'), ({ is }) => {
    const approval = p.rows('approvals').get(is?.approval_id ?? '');
    if (is === undefined || approval === undefined) return undefined;
    if (is.at > approval.expires_at) return `${is.user} voted after the question had expired`;
    const command = p.sim.journal.at(-1)?.command;
    const asked = [...p.rows('approvals').values()].filter((one) => appOf(p, one) === appOf(p, approval));
    const first = asked.reduce((a, b) => (b.requested_at < a.requested_at ? b : a));
    const isOld = command?.do === 'vote' && command.shown === 'old' && first.release_hash !== approval.release_hash;
    return isOld ? `${is.user} was shown another release than the one that the vote counts for` : undefined;
  }),
);

const appOf = (p: Picture, { run_id }: Row<'approvals'>): string | undefined => p.rows('runs').get(run_id)?.app_id;

const voided: Invariant = always(
  'A5',
  'what an approval is bound to cannot change under it, and it ends with its run',
  (p) => {
    const left = firstOf(p.changesOf('runs'), ({ is }) => {
      const isOver =
        is !== undefined && ['failed', 'cancelled', 'superseded', 'ignored', 'succeeded'].includes(is.state);
      if (!isOver) return undefined;
      return firstOf(p.rows('approvals').values(), ({ run_id, state }) =>
        run_id === is.id && state === 'requested'
          ? `run ${is.number} is ${is.state}; its question is still open`
          : undefined,
      );
    });
    const moved = firstOf(p.changesOf('runs'), ({ was, is }) =>
      was?.pipeline_hash != null && is !== undefined && is.pipeline_hash !== was.pipeline_hash
        ? `the pipeline of run ${is.number} was changed`
        : undefined,
    );
    const other = firstOf(p.changesOf('approvals'), ({ was, is }) =>
      was !== undefined && is !== undefined && (was.release_hash !== is.release_hash || was.count !== is.count)
        ? 'what an approval is bound to was changed'
        : undefined,
    );
    return left ?? moved ?? other;
  },
);

const consumed: Invariant = remembering(
  'A6',
  'an approval leads to one promotion at most',
  () => ({ promoted: new Set<string>() }),
  (p, { promoted }) =>
    firstOf(promotions(p), ({ run }) => {
      const isAgain = promoted.has(run.id);
      promoted.add(run.id);
      return isAgain ? `run ${run.number} made its release stable twice` : undefined;
    }),
);

/** Roles and self-approval come with people (A3, A4); what holds already: one person is one voice. */
const voices: Invariant = always('A7', 'nobody has two voices, and a gate opens by the voices that it asks for', (p) =>
  firstOf(p.changesOf('approvals'), ({ was, is }) => {
    if (was === undefined || is === undefined || was.state === is.state) return undefined;
    const votes = p.votesOf(is.id);
    const people = new Set(votes.map(({ user }) => user));
    if (people.size < votes.length) return 'somebody voted twice at one gate';
    const no = votes.filter(({ vote }) => vote === 'no').length;
    if (is.state === 'granted' && (no > 0 || votes.length < is.count)) {
      return `a gate for ${is.count} opened with ${votes.length - no} yes and ${no} no`;
    }
    return is.state === 'rejected' && no === 0 ? 'a gate was closed, and nobody said no' : undefined;
  }),
);

export const approvals: readonly Invariant[] = [enough, bound, shown, voided, consumed, voices];
