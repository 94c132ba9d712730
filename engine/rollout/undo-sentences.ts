import type { StepKindName } from '../../pipelines/types';
import {
  clearGray,
  dropWarm,
  EMPTY_TRAFFIC,
  emptyLane,
  FULL_SHARE,
  laneOf,
  laneToFree,
  makeStable,
  place,
  type Traffic,
} from './traffic';
import type { UndoneStep, UndoPicture, Verdict } from './undo-picture';

type Judge = (step: UndoneStep, picture: UndoPicture) => Verdict;
const nothing =
  (why: string): Judge =>
  () => ({ skip: `nothing to undo: ${why}` });

const artifact = nothing('its bytes are named by their content and stay until they are collected');

/** What the undo of each step kind would do in this picture. It also moves the picture on for the step before. */
export const SENTENCES: Record<StepKindName, Judge> = {
  plan: nothing('reading the pipeline changed nothing'),
  command: nothing('what the command did stayed in its own container'),
  'build-artifact': artifact,
  'take-artifact': artifact,
  'build-image': image,
  'take-image': image,
  'layer-image': image,
  seal,
  deliver: (step, picture) =>
    step.role === 'environment' ? deliverToEnvironment(step, picture) : deliverBeside(step, picture),
  verify: nothing('checks change nothing'),
  approve: nothing('the approval was used, or ended with its run'),
  share,
  observe: nothing('watching changed nothing'),
  promote,
  retire,
};

function image(_step: UndoneStep, picture: UndoPicture): Verdict {
  const { facts, withdrawn } = picture;
  const own = facts.release === null ? undefined : facts.releases.get(facts.release);
  const others = [...facts.releases].filter(
    ([id, r]) => id !== facts.release && !withdrawn.has(id) && r.imageId === own?.imageId,
  );
  if (others[0] !== undefined) return { skip: `release ${others[0][1].number} is made of the same image` };
  if (facts.release !== null && !withdrawn.has(facts.release)) {
    return { refuse: `${name(picture)} is made of it`, next: `go back to before it: ${command(picture, 'seal')}` };
  }
  return { does: 'the name is taken off the image; its bytes stay until they are collected' };
}

function seal(_step: UndoneStep, picture: UndoPicture): Verdict {
  const { facts, traffic, withdrawn } = picture;
  const { release } = facts;
  if (release === null || withdrawn.has(release)) return { skip: 'its release is withdrawn already' };
  for (const [environment, t] of traffic) {
    if (laneOf(t, release) !== undefined) {
      return {
        refuse: `${name(picture)} stands in ${environment}`,
        next: `go back to before it: ${command(picture, 'seal')}`,
      };
    }
  }
  const stable = stableOf(production(picture));
  if (production(picture).previous === release && isLater(picture, stable)) return wayBack(picture, stable);
  withdrawn.add(release);
  return { does: `${name(picture)} is withdrawn: its record stays, and it is no rollback target any more` };
}

function deliverToEnvironment(step: UndoneStep, picture: UndoPicture): Verdict {
  const { facts, traffic, withdrawn } = picture;
  const t = traffic.get(step.stage) ?? EMPTY_TRAFFIC;
  const stable = stableOf(t);
  if (stable === null || stable !== facts.release) {
    const now = stable === null ? 'nothing runs there now' : `${name(picture, stable)} runs there now`;
    return { skip: `nothing of ${name(picture)} stands in ${step.stage}: ${now}` };
  }
  const { before = null } = (step.output ?? {}) as { before?: string | null };
  const next = 'deliver another release to it: push a commit';
  if (before === null) return { refuse: `nothing ran in ${step.stage} before ${name(picture)}`, next };
  if (withdrawn.has(before)) return { refuse: `${name(picture, before)}, which ran before, is withdrawn`, next };
  traffic.set(step.stage, { ...EMPTY_TRAFFIC, lanes: { ...EMPTY_TRAFFIC.lanes, a: before }, stable: 'a' });
  const own = `those of ${name(picture)} are drained and removed`;
  return { does: `${step.stage} gets ${name(picture, before)} back: its instances are started, then ${own}` };
}

function deliverBeside(step: UndoneStep, picture: UndoPicture): Verdict {
  const { release } = picture.facts;
  const t = production(picture);
  const lane = release === null ? undefined : laneOf(t, release);
  if (lane === undefined) return { skip: `nothing of ${name(picture)} stands in production` };
  if (t.stable === lane) {
    return {
      refuse: `${name(picture)} is stable in production`,
      next: `first make another one stable: gantry rollback ${picture.facts.app}`,
    };
  }
  const stable = stableOf(t);
  if (t.warm === lane && isLater(picture, stable)) return wayBack(picture, stable);
  const left = t.gray === lane ? clearGray(t) : t.warm === lane ? dropWarm(t) : t;
  setProduction(picture, emptyLane(left, lane));
  const lost =
    t.gray === lane ? 'its traffic goes back to stable, and ' : t.warm === lane ? 'it is kept warm no more: ' : '';
  return { does: `${name(picture)} leaves ${step.stage}: ${lost}its instances are drained and removed` };
}

interface ShareOutput {
  share: number;
  before: Traffic;
}

function share(step: UndoneStep, picture: UndoPicture): Verdict {
  const { release, app } = picture.facts;
  const t = production(picture);
  const lane = release === null ? undefined : laneOf(t, release);
  if (lane === undefined || t.gray !== lane) return { skip: `${name(picture)} is not gray any more` };
  const { share: given = t.share, before = EMPTY_TRAFFIC } = (step.output ?? {}) as Partial<ShareOutput>;
  if (t.share !== given) {
    return {
      refuse: `its share is ${percent(t.share)} now, and no longer the ${percent(given)} that this step set`,
      next: `set the share that you want: gantry gray set ${app} SHARE`,
    };
  }
  const back = before.gray === lane ? before.share : 0;
  setProduction(picture, { ...t, share: back });
  return { does: `${percent(back)} of the traffic meets ${name(picture)}, as before, and not ${percent(t.share)}` };
}

function promote(step: UndoneStep, picture: UndoPicture): Verdict {
  const { facts, withdrawn } = picture;
  const t = production(picture);
  const stable = stableOf(t);
  if (stable !== facts.release || stable === null) {
    const why = `${name(picture)} is not stable any more${stable === null ? '' : `: ${name(picture, stable)} is`}`;
    if (!isLater(picture, stable)) return { skip: why };
    return { refuse: why, next: `take that one back: gantry rollback ${facts.app}` };
  }
  if (t.gray !== null) {
    const next = `end that first: gantry rollback ${facts.app}`;
    return { refuse: `${name(picture, t.lanes[t.gray])} is gray now`, next };
  }
  const { before = EMPTY_TRAFFIC } = (step.output ?? {}) as { before?: Traffic };
  const to = stableOf(before);
  const next = 'promote another release: push a commit';
  if (to === null) return { refuse: `nothing was stable before ${name(picture)}`, next };
  if (withdrawn.has(to)) return { refuse: `${name(picture, to)}, which was stable before, is withdrawn`, next };
  return { does: switchTo(picture, t, to), to };
}

/** One switch path: what is said here is what the step kind does. */
function switchTo(picture: UndoPicture, t: Traffic, to: string): string {
  const stands = laneOf(t, to) !== undefined;
  const tight = laneToFree(t, to);
  const room = tight === undefined ? t : emptyLane(t.warm === tight ? dropWarm(t) : t, tight);
  const after = makeStable(place(room, to).traffic, to);
  const former = t.warm === null || t.lanes[t.warm] === to ? null : t.lanes[t.warm];
  const formerLane = former === null ? undefined : laneOf(after, former);
  const stopped = former === null ? '' : `; ${name(picture, former)}, kept warm until now, is stopped`;
  setProduction(picture, formerLane === undefined ? after : emptyLane(after, formerLane));
  const how = stands
    ? `${name(picture, to)} becomes stable again by one gateway command`
    : `the instances of ${name(picture, to)} are started from its kept image, then it becomes stable again`;
  return `${how}; ${name(picture)} stays warm${stopped}`;
}

function retire(step: UndoneStep, picture: UndoPicture): Verdict {
  const { facts, wanted, withdrawn } = picture;
  const { retired = [] } = (step.output ?? {}) as { retired?: string[] };
  const t = production(picture);
  const gone = retired.filter((id) => laneOf(t, id) === undefined);
  if (gone.length === 0) return { skip: retired.length === 0 ? 'it retired nothing' : 'what it retired stands again' };
  if (gone.some((id) => !facts.releases.has(id))) return removedLongAgo(step, picture);
  const names = gone.map((id) => name(picture, id)).join(' and ');
  // Going back further must not wait for instances that nobody meets.
  if ('before' in wanted && wanted.before !== step.name) {
    const wish = `gantry rollback ${facts.app} --to ${numberOf(picture, gone[0] ?? null)}`;
    return { skip: `${names} would stand without traffic; when it is wanted: ${wish}` };
  }
  if (gone.some((id) => withdrawn.has(id))) return { refuse: `${names} is withdrawn`, next: 'push its commit again' };
  if (gone.some((id) => laneToFree(t, id) !== undefined)) {
    return { refuse: 'all three lanes of the gateway are taken', next: `see them: gantry app show ${facts.app}` };
  }
  setProduction(
    picture,
    gone.reduce((traffic, id) => place(traffic, id).traffic, t),
  );
  return { does: `${names} is started again from its kept image, and stands without traffic` };
}

/** Retention keeps the record of a release only while something leads back to it. */
function removedLongAgo(step: UndoneStep, { wanted }: UndoPicture): Verdict {
  const why = 'what it retired is over for so long that it was removed';
  if ('before' in wanted && wanted.before !== step.name) return { skip: why };
  return { refuse: why, next: 'push its commit again' };
}

const stableOf = (t: Traffic): string | null => (t.stable === null ? null : t.lanes[t.stable]);

const productionName = ({ facts }: UndoPicture): string =>
  facts.environments.find((e) => e.role === 'production')?.name ?? '';
const production = (picture: UndoPicture): Traffic => picture.traffic.get(productionName(picture)) ?? EMPTY_TRAFFIC;
const setProduction = (picture: UndoPicture, t: Traffic): void => {
  picture.traffic.set(productionName(picture), t);
};

const numberOf = ({ facts }: UndoPicture, id: string | null): number =>
  id === null ? 0 : (facts.releases.get(id)?.number ?? 0);

/** The run's own release, unless another one is meant. */
const name = (picture: UndoPicture, id: string | null = picture.facts.release): string =>
  id === null ? 'its release' : `release ${numberOf(picture, id)}`;

const isLater = (picture: UndoPicture, id: string | null): boolean =>
  numberOf(picture, id) > numberOf(picture, picture.facts.release);

function wayBack(picture: UndoPicture, later: string | null): Verdict {
  return {
    refuse: `${name(picture)} is the way back of ${name(picture, later)}, which is stable now`,
    next: `take that one back first: gantry rollback ${picture.facts.app}`,
  };
}

const command = ({ facts }: UndoPicture, before: string): string =>
  `gantry undo ${facts.app} ${facts.run} --before ${before}`;

const percent = (share: number): string => (share === FULL_SHARE ? 'all' : `${share / 100} %`);
