import type { Chance } from '../chance';
import type { History } from '../history';
import { DECIDERS, PEOPLE } from '../world/people';
import {
  APPS,
  type Command,
  PIPELINES,
  type PipelineName,
  type ProcessName,
  RUNNERS,
  type Trouble,
  WEBS,
} from './command';

/** What this history is like: some never meet a fault, some meet hardly anything else. */
export interface Mood {
  /** Of 100 commands of people and runners, how many meet trouble. */
  trouble: number;
  /** Of 100 commands, how many are faults of their own. */
  faults: number;
  /** How often, of 100 times, something that is broken is mended next. */
  mending: number;
  pipelines: readonly [PipelineName, ...PipelineName[]];
}

export function drawMood(chance: Chance): Mood {
  return {
    trouble: chance.pick([0, 5, 15, 30]),
    faults: chance.pick([0, 15, 25, 40]),
    mending: chance.pick([5, 15, 40]),
    pipelines: chance.pick<Mood['pipelines']>([
      ['short'],
      ['short', 'gates'],
      ['gates'],
      ['full'],
      ['short', 'sick', 'broken'],
      [...PIPELINES],
    ]),
  };
}

/** The next command: more often one that has something to do now. */
export function draw(history: History, mood: Mood): Command {
  const { chance } = history;
  const command =
    (chance.percent(mood.mending) ? mend(history) : undefined) ??
    (chance.percent(25) ? waitForLeases(history) : undefined) ??
    (chance.percent(mood.faults) ? drawFault(history) : drawDeed(history, mood));
  return meetsTrouble(command) && chance.percent(mood.trouble) ? { ...command, trouble: drawTrouble(chance) } : command;
}

/** Undefined when nothing is broken. */
function mend({ chance, processes, outside, disk }: History): Command | undefined {
  const broken: Command[] = [];
  for (const { name, state } of processes.values()) {
    if (state !== 'up') broken.push({ do: state === 'dead' ? 'start' : 'wake', process: name });
  }
  if (outside.record.trouble.docker === 'hangs') broken.push({ do: 'docker', how: 'back' });
  if (outside.record.trouble.gateway === 'dead') broken.push({ do: 'gateway', how: 'back' });
  if (outside.queue.down) broken.push({ do: 'bell', how: 'up' });
  if (disk.full) broken.push({ do: 'disk', how: 'room' });
  return broken[chance.below(Math.max(1, broken.length))];
}

/** While a runner is away its leases run out, and the other one goes on with its steps. */
const waitForLeases = (history: History): Command | undefined =>
  RUNNERS.some((name) => history.process(name).state !== 'up') ? { do: 'pass', ms: 7_000 } : undefined;

const meetsTrouble = (command: Command): boolean => 'at' in command;

function drawTrouble(chance: Chance): Trouble {
  const what = chance.percent(5)
    ? 'full'
    : chance.pick(['die', 'die', 'die', 'pause', 'pause', 'fail', 'fail', 'fail'] as const);
  return { point: 1 + chance.below(chance.pick([4, 12, 40])), what };
}

/** Time mostly passes in small pieces. */
const SHORT_MS = [50, 100, 100, 200, 500, 1_000, 2_500, 7_000] as const;

function drawDeed(history: History, mood: Mood): Command {
  const { chance } = history;
  const { steps, running, gates, gatesOf } = history.open();
  const n = chance.below(100);
  const isBusy = steps + running > 0;
  if (isBusy && n < 66) return drawWork(history);
  if (gates > 0 && n < 76) return drawVote(chance, gatesOf);
  // Another push beside those that wait already makes no more happen, but what is outdated must be seen to be.
  if (n < (isBusy ? 71 : 80)) return drawPush(chance, mood);
  if (n < 88) return { do: 'pass', ms: chance.pick(SHORT_MS), at: chance.pick(RUNNERS) };
  return drawRare(history, chance.pick(APPS));
}

const drawPush = (chance: Chance, mood: Mood): Command => ({
  do: 'push',
  at: chance.pick(WEBS),
  app: chance.pick(APPS),
  pipeline: chance.pick(mood.pipelines),
  copies: chance.pick([1, 1, 1, 2, 3]),
  move: chance.pick(['on', 'on', 'on', 'on', 'on', 'on', 'on', 'late', 'back', 'delete']),
});

function drawWork(history: History): Command {
  const { chance } = history;
  const up = RUNNERS.filter((name) => history.process(name).state === 'up');
  const at = up[chance.below(Math.max(1, up.length))] ?? RUNNERS[0];
  const another = chance.percent(20) ? { another: true } : {};
  const points = chance.percent(30) ? {} : { points: chance.pick([1, 2, 3, 4, 6, 10]) };
  return { do: 'work', at, ...another, ...points };
}

function drawVote(chance: Chance, apps: readonly string[]): Command {
  const app = APPS.find((one) => one === apps[chance.below(apps.length)]) ?? APPS[0];
  const at = chance.pick(WEBS);
  const user = chance.percent(75) ? chance.pick(DECIDERS) : chance.pick(PEOPLE);
  if (chance.percent(8)) return { do: 'withdraw', at, app, user };
  const as = chance.percent(92) ? {} : { as: chance.pick(['token', 'emergency', 'emergency'] as const) };
  const vote = chance.percent(93) ? 'yes' : 'no';
  return { do: 'vote', at, app, user, vote, shown: chance.percent(90) ? 'now' : 'old', ...as };
}

/** What else people do about gates. */
function drawPeople(chance: Chance, app: (typeof APPS)[number]): Command {
  const at = chance.pick(WEBS);
  switch (chance.below(8)) {
    case 0:
      return { do: 'review', at, app, user: chance.pick(PEOPLE) };
    case 1:
      return { do: 'freeze', at, app: chance.pick([app, null]), how: 'begin' };
    case 2:
    case 3:
      return { do: 'freeze', at, app: chance.pick([app, null]), how: 'end' };
    case 4:
      return { do: 'replan', at, app };
    case 5:
      return { do: 'person', at, user: chance.pick(['grace', 'eve', 'ivy']), how: 'may not' };
    default:
      return {
        do: 'person',
        at,
        user: chance.pick(PEOPLE),
        how: chance.pick(['may decide', 'may decide', 'is known']),
      };
  }
}

function drawRare(history: History, app: (typeof APPS)[number]): Command {
  const { chance } = history;
  const at = chance.pick(WEBS);
  const nth = chance.below(8);
  switch (chance.below(16)) {
    case 0:
    case 1:
      return { do: 'rollback', at, app };
    case 2:
      return { do: 'rollback', at, app, to: 1 + chance.below(4) };
    case 3:
      return { do: 'cancel', at, app, nth };
    case 4:
    case 5:
      return { do: 'undo', at, app, nth: chance.below(3), from: chance.percent(50), step: chance.below(5) };
    case 6:
      return { do: 'share', at, app, share: chance.pick([0, 100, 5_000, 10_000, 10_001]) };
    case 7:
      return { do: 'hook', at, app, delivery: chance.below(5), copies: chance.pick([1, 2]) };
    case 8:
      return { do: 'follow', at };
    case 9:
      return { do: 'visit', app, lane: chance.pick(['gray', 'stable']), requests: 20, failed: chance.pick([0, 0, 10]) };
    case 10:
      return { do: 'pass', ms: chance.pick([21_000, 60_000, 1_900_000, 700_000_000]), at: chance.pick(RUNNERS) };
    case 11:
      return { do: 'release', at, app };
    case 12:
    case 13:
    case 14:
      return drawPeople(chance, app);
    default:
      return { do: 'restore', at, how: chance.percent(25) ? 'hold' : 'confirm' };
  }
}

function drawFault(history: History): Command {
  const { chance } = history;
  const process = chance.pick<ProcessName>([...RUNNERS, ...RUNNERS, ...WEBS]);
  const { state } = history.process(process);
  const nth = chance.below(8);
  switch (chance.below(10)) {
    case 0:
    case 1:
    case 2:
      return { do: state === 'dead' ? 'start' : chance.pick(['kill', 'kill', 'pause', 'stop', 'wake']), process };
    case 3:
      return { do: 'clock', of: process, ms: chance.pick([-60_000, -1_000, 1_000, 60_000]) };
    case 4:
      return { do: 'bell', how: chance.pick(['lose', 'double', 'reorder', 'noise', 'down', 'up']) };
    case 5:
      return { do: 'docker', how: chance.pick(['restart', 'restart', 'hang', 'back']) };
    case 6:
      return { do: 'container', nth, how: chance.pick(['dies', 'gets sick', 'gets well']) };
    case 7:
      return { do: 'gateway', how: chance.pick(['dies', 'forgets', 'back']) };
    case 8:
      return { do: 'flip', what: chance.pick(['artifact', 'blob']), nth };
    default:
      return { do: 'image', nth, how: 'removed' };
  }
}
