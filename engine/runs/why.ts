import { isFinalRun, type RunState } from '../model/states';
import type { InLine } from './line';

/** What is read about a run to say what it waits for. Times are ms UTC. */
export interface WhyFacts {
  app: string;
  number: number;
  state: RunState;
  reason: string;
  now: number;
  /** The gate that waits for people. */
  gate: {
    step: string;
    role: string;
    count: number;
    yes: readonly string[];
    expiresAt: number;
    /** Why what people had said before counts no more. */
    askedAgain?: string;
  } | null;
  /** The step that a runner has. */
  running: { step: string; since: number } | null;
  /** Gray is being watched. */
  watch: { step: string; until: number; soFar: string } | null;
  /** The step that could begin. */
  ready: { step: string; since: number; attempt: number; notBefore: number; reason: string } | null;
  /** A freeze or a change window holds the ready step; at a gate, a freeze those behind it. `until` null: unknown. */
  rest?: { until: number | null; words: string } | undefined;
  /** Other runs of the app that go first, and where the first of them is, when that is what the ready step waits for. */
  line: (InLine & { first: { number: number; step: string | null; state: string } }) | null;
  /** What a runner must have that takes the ready step, when not every one has it: `runner of pool build`. */
  wanted: { runner: string; command: string };
  runners: { alive: number; places: number; taken: number; takenSince: number | null; lastSeen: number | null };
  /** Steps that go first. */
  inFront: number;
}

/** What a run waits for, or how it ended, for people. */
export interface Why {
  /** True: somebody or something must come first. False: it is at work, or it has ended. */
  waits: boolean;
  /** The first one alone says it; the others say more. Without full stops. */
  sentences: string[];
  /** What answers it, ready to be typed. */
  commands: string[];
}

/** People first; then what is at work; then the other run, the time of a retry, a runner. Pure. */
export function whyOf(facts: WhyFacts): Why {
  if (isFinalRun(facts.state)) return ended(facts);
  if (facts.gate !== null) return forPeople(facts, facts.gate);
  if (facts.watch !== null) return forTime(facts.watch);
  if (facts.running !== null) return atWork(facts.running, facts.now);
  if (facts.ready === null) return { waits: false, sentences: ['it is between two steps'], commands: [] };
  if (facts.line !== null) return forOther(facts, facts.ready, facts.line);
  if (facts.rest !== undefined) return forOpening(facts, facts.ready, facts.rest);
  if (facts.ready.notBefore > facts.now) return forRetry(facts.ready);
  return forRunner(facts, facts.ready);
}

type Gate = NonNullable<WhyFacts['gate']>;
type Ready = NonNullable<WhyFacts['ready']>;

function ended({ state, reason }: WhyFacts): Why {
  if (state === 'superseded' && reason !== '') return { waits: false, sentences: [`it was ${reason}`], commands: [] };
  return {
    waits: false,
    sentences: [reason === '' ? `it has ended: ${state}` : `it ${state}: ${reason}`],
    commands: [],
  };
}

function forPeople({ app, number, rest }: WhyFacts, { step, role, count, yes, expiresAt, askedAgain }: Gate): Why {
  const missing = count - yes.length;
  const asked = missing === 1 ? 'one person' : `${missing} people`;
  return {
    waits: true,
    sentences: [
      `${step} waits for ${asked} (${role}) to approve`,
      ...(yes.length === 0 ? [] : [`${yes.length} of ${count} said yes: ${yes.join(', ')}`]),
      ...(askedAgain === undefined ? [] : [`it is asked again: ${askedAgain}`]),
      `the question expires at ${moment(expiresAt)}`,
      ...(rest === undefined ? [] : [`what comes behind it waits${upTo(rest)}, unless somebody breaks the glass`]),
    ],
    commands: [
      `gantry approve ${app} ${number} --step ${step}`,
      `gantry reject ${app} ${number} --step ${step}`,
      ...(rest === undefined ? [] : [`gantry approve ${app} ${number} --step ${step} --break-glass --reason TEXT`]),
    ],
  };
}

function forTime({ step, until, soFar }: NonNullable<WhyFacts['watch']>): Why {
  const said = soFar === '' ? [] : [`so far: ${soFar}`];
  return { waits: true, sentences: [`${step} watches gray until ${clockTime(until)}`, ...said], commands: [] };
}

function atWork({ step, since }: NonNullable<WhyFacts['running']>, now: number): Why {
  return { waits: false, sentences: [`${step} is at work, for ${seconds(now - since)} so far`], commands: [] };
}

function forOther(
  { app }: WhyFacts,
  { step }: Ready,
  { words, first: { number, step: at, state } }: NonNullable<WhyFacts['line']>,
): Why {
  const where =
    at === null ? '' : `run ${number} is at ${at}, which ${state === 'waiting' ? 'waits for people' : `is ${state}`}`;
  return {
    waits: true,
    sentences: [`${step} waits for its turn: ${words}`, ...(where === '' ? [] : [where])],
    commands: [`gantry why ${app} ${number}`],
  };
}

type Rest = NonNullable<WhyFacts['rest']>;

const forOpening = ({ app }: WhyFacts, { step }: Ready, rest: Rest): Why => ({
  waits: true,
  sentences: [`${step} waits${upTo(rest)}`, 'a way back is never held'],
  commands: ['gantry freeze list', `gantry freeze end ${app}`],
});

const upTo = ({ until, words }: Rest): string => `${until === null ? '' : ` until ${moment(until)}`}: ${words}`;

function forRetry({ step, attempt, notBefore, reason }: Ready): Why {
  const why = reason === '' ? '' : `, because attempt ${attempt} met this: ${reason}`;
  return {
    waits: true,
    sentences: [`${step} waits to be tried again`, `attempt ${attempt + 1} begins at ${clockTime(notBefore)}${why}`],
    commands: [],
  };
}

function forRunner({ runners, inFront, wanted }: WhyFacts, { step, since }: Ready): Why {
  const sentence = `${step} waits for a runner`;
  if (runners.alive === 0) {
    const last =
      runners.lastSeen === null
        ? 'none has been there for a day'
        : `the last one was there until ${moment(runners.lastSeen)}`;
    return {
      waits: true,
      sentences: [sentence, `no ${wanted.runner} is alive: ${last}`],
      commands: [wanted.command, 'gantry doctor'],
    };
  }
  const front = inFront === 0 ? 'it is next' : `${inFront === 1 ? 'one step goes' : `${inFront} steps go`} first`;
  if (runners.taken < runners.places) {
    return {
      waits: true,
      sentences: [sentence, `since ${clockTime(since)}; a place is free, and ${front}`],
      commands: [],
    };
  }
  const taken = runners.takenSince === null ? '' : ` since ${clockTime(runners.takenSince)}`;
  const of = runners.alive === 1 ? 'the runner' : `${runners.alive} runners`;
  const full = runners.places === 1 ? `the one place of ${of} is` : `all ${runners.places} places of ${of} are`;
  return { waits: true, sentences: [sentence, `${full} taken${taken}; ${front}`], commands: [] };
}

/** `2026-11-30 07:44 UTC` */
const moment = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
/** `07:44:12 UTC` */
const clockTime = (ms: number): string => `${new Date(ms).toISOString().slice(11, 19)} UTC`;
const seconds = (ms: number): string => `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
