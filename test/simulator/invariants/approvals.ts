import type { Invariant } from '../simulation';
import { decides, glassOf, grayPlanOf, holds, isFrozen, mayHaveSaid, tookPart } from './deciders';
import { releaseIn, type Switch, switchesOf, trafficOf } from './facts';
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

/** Approvals that were used by the last command. */
const used = (p: Picture): Row<'approvals'>[] =>
  p
    .changesOf('approvals')
    .flatMap(({ was, is }) =>
      is !== undefined && was !== undefined && is.state === 'consumed' && was.state !== 'consumed' ? [is] : [],
    );

const yesOf = (p: Picture, { id }: Row<'approvals'>) => p.votesOf(id).filter(({ vote }) => vote === 'yes');

const enough: Invariant = always(
  'A1',
  'production is switched only with enough valid approvals of different people',
  (p) =>
    firstOf(used(p), (approval) => {
      const yes = yesOf(p, approval);
      const people = new Set(yes.map(({ user }) => user));
      const wanted = yes.some(({ broke_glass }) => broke_glass === 1) ? 1 : approval.count;
      if (people.size < wanted) return `an approval for ${approval.count} was used with ${people.size} voices`;
      const now = p.sim.clock.now();
      return now > approval.expires_at ? 'an approval was used after it had expired' : undefined;
    }) ??
    firstOf(promotions(p), ({ run, step }) =>
      firstOf(gatesBefore(p, run, step), (gate) => {
        const approval = approvalOf(p, gate);
        if (approval === undefined) return `run ${run.number} passed ${gate.name}, where nobody was asked`;
        const wanted = (JSON.parse(gate.spec) as { count?: number }).count ?? 1;
        if (approval.count !== wanted) return `${gate.name} asked for ${approval.count} people, not for ${wanted}`;
        if (approval.state === 'consumed') return undefined;
        return `run ${run.number} passed ${gate.name}, whose approval is ${approval.state}`;
      }),
    ),
);

const bound: Invariant = always('A2', 'an approval is bound to the release and the pipeline that are switched', (p) => {
  const moved = firstOf(used(p), (approval) => {
    const { release, pipeline, gray } = JSON.parse(approval.bound) as {
      release: string;
      pipeline: string;
      gray: unknown;
    };
    const run = p.rows('runs').get(approval.run_id);
    const hash = p.rows('releases').get(run?.release_id ?? '')?.hash;
    const isSame = release === hash && pipeline === run?.pipeline_hash;
    const isPlan = JSON.stringify(gray) === JSON.stringify(sorted(grayPlanOf(p, approval.run_id)));
    return isSame && isPlan ? undefined : `what was approved in run ${run?.number} is not what is there`;
  });
  if (moved !== undefined) return moved;
  return firstOf(promotions(p), ({ run, step, after }) => {
    const release = p.rows('releases').get(releaseIn(after, after.stable) ?? '');
    if (release?.id !== run.release_id) return `run ${run.number} made a release stable that is not its own`;
    return firstOf(gatesBefore(p, run, step), (gate) => {
      const approval = approvalOf(p, gate);
      const isSame = approval?.release_hash === release?.hash && approval?.pipeline_hash === run.pipeline_hash;
      return isSame ? undefined : `what ${gate.name} of run ${run.number} approved is not what was switched`;
    });
  });
});

/** As canonical JSON has it. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}

/** A2 for the person: what counts is what they were shown. */
const shown: Invariant = always('A2b', 'a vote counts only for what its voter was shown, and before it expired', (p) =>
  firstOf(p.changesOf('approval_votes'), ({ is }) => {
    const approval = p.rows('approvals').get(is?.approval_id ?? '');
    if (is === undefined || approval === undefined) return undefined;
    if (is.at > approval.expires_at) return `${is.user} voted after the question had expired`;
    const command = p.sim.journal.at(-1)?.command;
    const asked = [...p.rows('approvals').values()].filter((one) => appOf(p, one) === appOf(p, approval));
    const first = asked.reduce((a, b) => (b.requested_at < a.requested_at ? b : a));
    const isOld = command?.do === 'vote' && command.shown === 'old' && first.bound_hash !== approval.bound_hash;
    return isOld ? `${is.user} was shown something else than what the vote counts for` : undefined;
  }),
);

/** Every yes that is written down, and every one that an approval is used with. */
const voicesAtWork = (p: Picture): { approval: Row<'approvals'>; vote: Row<'approval_votes'> }[] => [
  ...used(p).flatMap((approval) => yesOf(p, approval).map((vote) => ({ approval, vote }))),
  ...p.changesOf('approval_votes').flatMap(({ was, is }) => {
    const approval = p.rows('approvals').get(is?.approval_id ?? '');
    return was !== undefined || is?.vote !== 'yes' || approval === undefined ? [] : [{ approval, vote: is }];
  }),
];

/** Of those that are enough: a voice too many may be one that does not count any more. */
const validUse = (p: Picture, approval: Row<'approvals'>): boolean => {
  const valid = yesOf(p, approval).filter((vote) => mayHaveSaid(p, approval, vote));
  return valid.some(({ broke_glass }) => broke_glass === 1) || valid.length >= approval.count;
};

const notOwn: Invariant = always('A3', 'nobody decides over what they wrote, pushed or started', (p) =>
  firstOf(voicesAtWork(p), ({ approval, vote: { user } }) =>
    tookPart(p, user, approval.run_id) && !(approval.state === 'consumed' && validUse(p, approval))
      ? `${user} decided over a change that is their own`
      : undefined,
  ),
);

const inRole: Invariant = always('A4', 'whoever decides has the role, when they say it and when it is used', (p) =>
  firstOf(voicesAtWork(p), ({ approval, vote }) => {
    if (approval.state === 'consumed')
      return validUse(p, approval) ? undefined : 'an approval was used without the roles';
    const may = vote.broke_glass === 1 ? decides(p, vote.user) : holds(p, vote.user, approval.role);
    return may ? undefined : `${vote.user} decided as ${approval.role}, and is none`;
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
        run_id === is.id && ['requested', 'granted'].includes(state)
          ? `run ${is.number} is ${is.state}; its question is still open`
          : undefined,
      );
    });
    const moved = firstOf(p.changesOf('runs'), ({ was, is }) =>
      was?.pipeline_hash != null && is !== undefined && is.pipeline_hash !== was.pipeline_hash
        ? `the pipeline of run ${is.number} was changed`
        : undefined,
    );
    const other = firstOf(p.changesOf('approvals'), ({ was, is }) => {
      if (was === undefined || is === undefined) return undefined;
      if (was.count !== is.count || was.role !== is.role) return 'what a gate asks for was changed';
      if (was.round === is.round)
        return was.bound_hash === is.bound_hash ? undefined : 'what an approval is bound to was changed';
      const before = p.changesOf('approval_votes').some((vote) => vote.is?.approval_id === is.id);
      return p.votesOf(is.id).length > 0 && !before
        ? 'people are asked again, and what they had said still counts'
        : undefined;
    });
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
    }) ??
    firstOf(p.changesOf('approvals'), ({ was, is }) =>
      was?.consumed_by != null && is !== undefined && (was.consumed_by !== is.consumed_by || was.state !== is.state)
        ? `an approval that ${was.consumed_by} had used was used again`
        : undefined,
    ),
);

/** One person is one voice, tokens have none, and whoever breaks glass alone is reviewed. */
const voices: Invariant = always(
  'A7',
  'nobody has two voices, and a gate opens by the voices that it asks for',
  (p) => {
    const cast = firstOf(p.changesOf('approval_votes'), ({ was, is }) => {
      if (was !== undefined || is === undefined) return undefined;
      const command = p.sim.journal.at(-1)?.command;
      if (command?.do === 'vote' && command.as === 'token') return `a token decided for ${is.user}`;
      const others = p.votesOf(is.approval_id).filter(({ user }) => user === is.user);
      return others.length > 1 ? 'somebody voted twice at one gate' : undefined;
    });
    const opened = firstOf(p.changesOf('approvals'), ({ was, is }) => {
      if (was === undefined || is === undefined || was.state === is.state) return undefined;
      const votes = p.votesOf(is.id);
      const no = votes.filter(({ vote }) => vote === 'no').length;
      if (is.state === 'granted' && (no > 0 || !validUse(p, is))) {
        return `a gate for ${is.count} opened with ${votes.length - no} yes and ${no} no`;
      }
      return is.state === 'rejected' && no === 0 ? 'a gate was closed, and nobody said no' : undefined;
    });
    return cast ?? opened;
  },
);

const glass: Invariant = always('A7b', 'whoever breaks glass alone is reviewed by somebody else', (p) =>
  firstOf(p.changesOf('approval_votes'), ({ was, is }) => {
    const approval = p.rows('approvals').get(is?.approval_id ?? '');
    if (was !== undefined || is?.broke_glass !== 1 || approval === undefined) return undefined;
    const written = glassOf(p, is.approval_id, is.user);
    if (written === undefined) return `${is.user} broke glass, and nothing tells of it`;
    const others = yesOf(p, approval).filter((vote) => vote.user !== is.user && mayHaveSaid(p, approval, vote));
    const isReviewed = written.review_due !== null;
    return isReviewed === (others.length === 0)
      ? undefined
      : `glass was broken by ${others.length + 1}, and the review is wrong`;
  }),
);

const CHANGING: readonly string[] = ['deliver', 'share', 'promote'];

/** Whether the release of a share was gray, and its visitors were not fewer, at some moment of the last command. */
function lowersGray(p: Picture, { app_id, run_id, spec }: Row<'steps'>): boolean {
  const isOwn = (one: Row<'environments'>): boolean => one.app_id === app_id && one.role === 'production';
  const seen = p.changesOf('environments').flatMap(({ was, is }) => [was, is].filter((one) => one !== undefined));
  const release = p.rows('runs').get(run_id)?.release_id ?? null;
  const { share } = JSON.parse(spec) as { share: number };
  return [...p.rows('environments').values(), ...seen].filter(isOwn).some((environment) => {
    const traffic = trafficOf(environment);
    return traffic.gray !== null && releaseIn(traffic, traffic.gray) === release && share <= traffic.share;
  });
}

const rests: Invariant = always('A1b', 'nothing that changes gray or production begins while its app is frozen', (p) =>
  firstOf(p.changesOf('steps'), (change) => {
    const { was, is, at } = change;
    if (was?.state !== 'ready' || is?.state !== 'running' || is.verb === 'undo' || !CHANGING.includes(is.kind)) {
      return undefined;
    }
    const { run } = p.atThatTime(change);
    const isWayBack = run === undefined || ['rollback', 'undo'].includes(run.trigger) || run.ends_as !== null;
    if (isWayBack || !['gray', 'production'].includes(is.role) || !isFrozen(p, is.app_id, at)) return undefined;
    // Instances that start before their own gate meet nobody yet; behind the gate everything rests.
    const isBeforeItsGate = p
      .stepsOf(is.run_id)
      .some(({ kind, stage, position }) => kind === 'approve' && stage === is.stage && position > is.position);
    if (is.kind === 'deliver' && isBeforeItsGate) return undefined;
    if (is.kind === 'share' && lowersGray(p, is)) return undefined;
    const asked = [...p.rows('approvals').values()].filter(({ run_id }) => run_id === is.run_id);
    const isEmergency = asked.some(({ id }) => p.votesOf(id).some(({ broke_glass }) => broke_glass === 1));
    return isEmergency ? undefined : `${is.name} of run ${run.number} began while everything was frozen`;
  }),
);

export const approvals: readonly Invariant[] = [
  ...[enough, bound, shown, notOwn, inRole, voided, consumed, voices, glass, rests],
];
