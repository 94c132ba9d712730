import type { Act, Invariant } from '../simulation';
import { stepName } from './facts';
import type { Picture } from './picture';
import { always, firstOf, remembering } from './support';

const leases: Invariant = always('E1', 'epochs strictly rise, and a living lease is never taken over', (p) =>
  firstOf(p.changesOf('steps'), ({ was, is, at }) => {
    if (was === undefined || is === undefined) return undefined;
    if (is.epoch < was.epoch || is.epoch > was.epoch + 1) {
      return `step ${is.name} went from epoch ${was.epoch} to ${is.epoch}`;
    }
    const isTaken = is.owner !== null && (is.owner !== was.owner || is.epoch !== was.epoch);
    if (isTaken && is.epoch === was.epoch) return `step ${is.name} was taken by ${is.owner} without another epoch`;
    const wasHeld = was.state === 'running' && was.owner !== null && (was.lease_until ?? 0) >= at;
    return isTaken && wasHeld ? `${is.owner} took step ${is.name}, which ${was.owner} still held` : undefined;
  }),
);

const backOff: Invariant = always('E1b', 'a step that was given back is not taken before its time', (p) =>
  firstOf(p.changesOf('steps'), ({ was, is, at }) =>
    was?.state === 'ready' && is !== undefined && is.epoch > was.epoch && was.not_before > at
      ? `step ${is.name} was taken ${was.not_before - at} ms before its time`
      : undefined,
  ),
);

/** Gantry does not write down refusals: E2 is read as "nothing is written by who has an older epoch". */
const fenced: Invariant = always('E2', 'whoever has an old epoch writes nothing about effects', (p) =>
  firstOf(p.changesOf('effects'), (change) => {
    const { was, is } = change;
    const { step } = p.atThatTime(change);
    const isWrite = is !== undefined && (is.state !== was?.state || is.epoch !== was?.epoch) && is.state !== 'unknown';
    if (!isWrite || step === undefined) return undefined;
    return is.epoch === step.epoch && step.state === 'running'
      ? undefined
      : `effect ${is.target} became ${is.state} for epoch ${is.epoch} of a step that is ${step.state} at ${step.epoch}`;
  }),
);

const ENDS: readonly string[] = ['run.succeeded', 'run.failed', 'run.waits', 'run.returned', 'run.planned'];

const endedByHolder: Invariant = always('E2b', 'a step is ended by whom it is leased to', (p) => {
  const owners = new Map<string, string | null>();
  for (const { was, is } of p.changesOf('steps')) {
    if (was?.state === 'running' && is !== undefined && is.state !== 'running') owners.set(stepName(p, is), was.owner);
  }
  return firstOf(p.audit, ({ action, actor, object }) => {
    const owner = owners.get(object);
    if (!ENDS.includes(action) || !actor.startsWith('runner:') || owner == null) return undefined;
    return actor === `runner:${owner}` ? undefined : `${actor} ended ${object}, which ${owner} held`;
  });
});

/** Acts that leave something behind: those are never made outside of an effect. */
const LASTING: readonly string[] = ['instance-start', 'image-build'];

/** A command in a container leaves nothing behind: its step's lease is its intent (design.md 5). */
const EPHEMERAL: readonly string[] = ['command-run'];

const intended: Invariant = always(
  'E3',
  'every effect on the world has an earlier committed intent of the same key',
  (p) =>
    firstOf(p.acts, ({ kind, target, effect, step }) => {
      if (LASTING.includes(kind) && effect === undefined) return `${kind} of ${target} was made outside of an effect`;
      if (effect === undefined || (EPHEMERAL.includes(kind) && step !== undefined)) return undefined;
      const row = p.rows('effects').get(effect.key);
      if (row === undefined) return `${kind} of ${target} was made without an intent`;
      return row.epoch < effect.epoch ? `${kind} of ${target} was made by an epoch that intended nothing` : undefined;
    }),
);

/** E3 for switches: their intent is the version of the route. */
const decided: Invariant = always('E3b', 'the gateway is only told versions that SQL has committed', (p) =>
  firstOf(p.acts, ({ kind, target, detail }) => {
    if (kind !== 'route' || detail?.route === undefined) return undefined;
    const version = p.environmentAt(target)?.version;
    return version !== undefined && detail.route.version <= version
      ? undefined
      : `the gateway was told version ${detail.route.version} of ${target}, SQL has ${version}`;
  }),
);

interface Made {
  /** The key of the effect that made it, by the name of the instance. */
  instances: Map<string, string>;
  /** The command in which an image was built, by the key of its effect. */
  images: Map<string, number>;
  /** The command in which an epoch intended it, by the key and the epoch. */
  intents: Map<string, number>;
  routes: Map<string, number>;
  /** The last command in which the gateway forgot everything. */
  forgot: number;
}

const single: Invariant = remembering(
  'E4',
  'an effect is made once: one instance, one image and one switch per key',
  (): Made => ({ instances: new Map(), images: new Map(), intents: new Map(), routes: new Map(), forgot: -1 }),
  (p, made) => {
    const command = p.sim.journal.length;
    for (const { is } of p.changesOf('effects')) {
      const key = `${is?.key} ${is?.epoch}`;
      if (!made.intents.has(key)) made.intents.set(key, command);
    }
    return firstOf(p.acts, (act) => {
      if (act.kind === 'instance-remove' && act.changed) made.instances.delete(act.target);
      if (act.kind === 'instance-start' && act.changed) return secondInstance(act, made);
      if (act.kind === 'image-build' && !isTaken(p, act)) return secondImage(act, made, command);
      if (act.kind === 'route' && act.changed) return secondSwitch(p, act, made);
      return undefined;
    });
  },
);

function secondInstance({ target, effect }: Act, { instances }: Made): string | undefined {
  if (effect === undefined) return undefined;
  const other = [...instances].find(([name, key]) => key === effect.key && name !== target);
  instances.set(target, effect.key);
  return other === undefined ? undefined : `the effect of ${target} made ${other[0]} before, which is still there`;
}

/** An image from elsewhere is named by its digest: taking it again takes the same. */
const isTaken = (p: Picture, { effect }: Act): boolean =>
  p.rows('steps').get(effect?.stepId ?? '')?.kind === 'take-image';

/**
 * What was there when an epoch began is found by its key. Of two that are at it at once, since one of them is late, the
 * second changes nothing: the world is as after one. An image that was lost is built again.
 */
function secondImage({ target, effect, changed }: Act, made: Made, command: number): string | undefined {
  if (effect === undefined) return undefined;
  const before = made.images.get(effect.key);
  made.images.set(effect.key, command);
  const intended = made.intents.get(`${effect.key} ${effect.epoch}`) ?? command;
  const wasThere = before !== undefined && before < intended && !changed;
  return wasThere ? `the image ${target} was built again for the same effect` : undefined;
}

/** A gateway that has forgotten everything is told once more. */
function secondSwitch(p: Picture, { target, detail }: Act, made: Made): string | undefined {
  const { routes } = made;
  const forgot = p.sim.journal.findLastIndex(({ command }) => command.do === 'gateway' && command.how === 'forgets');
  if (forgot > made.forgot) routes.clear();
  made.forgot = Math.max(made.forgot, forgot);
  const version = detail?.route?.version ?? 0;
  const known = routes.get(target) ?? -1;
  routes.set(target, version);
  return version < known ? `${target} went back from version ${known} to ${version}` : undefined;
}

const observed: Invariant = remembering(
  'E5',
  'nothing is confirmed without an observation: what is unknown was looked at first',
  () => ({ started: new Set<string>() }),
  (p, { started }) => {
    for (const { kind, effect } of p.acts)
      if (kind === 'instance-start' && effect !== undefined) started.add(effect.key);
    return firstOf(p.changesOf('effects'), ({ was, is }) => {
      if (is?.state !== 'confirmed' || was?.state === 'confirmed') return undefined;
      if (is.observation === null || is.observation === 'null') return `${is.target} is confirmed, and nobody saw it`;
      const isInstance = is.target.startsWith('instance ');
      return isInstance && !started.has(is.key) ? `${is.target} is confirmed, and it never was started` : undefined;
    });
  },
);

/** E5 for a runner that was lost: what it had begun and nobody confirmed is in doubt from then on. */
const doubted: Invariant = always('E5b', 'what a lost epoch intended is unknown, until somebody has looked', (p) =>
  firstOf(p.changesOf('effects'), ({ was, is }) =>
    was?.state === 'intended' && is !== undefined && is.epoch > was.epoch
      ? `${is.target} was intended by epoch ${was.epoch}; epoch ${is.epoch} goes on as if nothing were in doubt`
      : undefined,
  ),
);

const terms: Invariant = always('E6', 'the terms of a control loop never overlap', (p) =>
  firstOf(p.changesOf('terms'), ({ was, is, at }) => {
    if (was === undefined || is === undefined || is.holder === was.holder) return undefined;
    if (was.until > at) return `${is.holder} took the term ${is.name}, which ${was.holder} held`;
    return is.epoch === was.epoch + 1 ? undefined : `${is.holder} has the term ${is.name} under the number of another`;
  }),
);

export const effects: readonly Invariant[] = [
  ...[leases, backOff, fenced, endedByHolder, intended, decided, single, observed, doubted, terms],
];
