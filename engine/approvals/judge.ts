import { GantryError } from '../model/errors';
import type { ApprovalState } from '../model/states';
import type { PartInChange } from '../store/tables';
import { PARTS } from './part';

/**
 * The one place that decides what a vote does, and whether an approval may be used. Pure: no SQL, no clock. The verbs
 * read the facts in their transaction, ask here, and write what was decided.
 */
export interface GateFacts {
  state: ApprovalState;
  /** `production/approve`. */
  step: string;
  role: string;
  /** So many different people. */
  count: number;
  /** Hash of what people were asked about, and of what is there now. */
  boundHash: string;
  boundNow: string;
  /** False while production has changed, and it was not read yet who wrote what comes beyond it. */
  arePeopleKnown: boolean;
  releaseHash: string;
  /** By the database's clock, as `now`. */
  expiresAt: number;
  now: number;
  /** There is one person: nobody else could decide, so roles, parts and tokens do not matter. */
  solo: boolean;
  voices: readonly Voice[];
}

/** What somebody is to this gate at this moment. */
export interface Standing {
  /** Holds the role that the gate asks for. */
  holdsRole: boolean;
  /** Holds any role that decides: enough in an emergency. */
  mayDecide: boolean;
  /** What they did for the change; null: nothing, so they may decide over it. */
  part: PartInChange | null;
}

export interface Voice extends Standing {
  user: string;
  vote: 'yes' | 'no';
  brokeGlass: boolean;
}

/** What somebody asks for. */
export interface Ask extends Standing {
  user: string;
  vote: 'yes' | 'no';
  /** A token is nobody: a program may have it. */
  byToken: boolean;
  /** Hash of what the page or the command showed; undefined: it showed nothing. */
  shown: string | undefined;
  /** Hash of the release alone, from those who know no more. */
  shownRelease: string | undefined;
  breaksGlass: boolean;
  reason: string;
  /** Glass that was broken here earlier still waits for its review, which is overdue. */
  reviewOverdue: boolean;
}

export type Judged =
  /** Nothing changes. */
  | { is: 'refused'; error: GantryError }
  /** What was bound has changed: nothing that was said counts, and people are asked again. */
  | { is: 'void'; why: string }
  | { is: 'counted'; state: 'requested' | 'granted' | 'rejected'; missing: number; reviewDue: boolean };

export function judgeVote(gate: GateFacts, ask: Ask): Judged {
  const error = refusal(gate, ask);
  if (error !== undefined) return { is: 'refused', error };
  if (gate.boundNow !== gate.boundHash) return { is: 'void', why: CHANGED };
  const ballot = gate.solo ? undefined : ballotRefusal(gate, ask);
  if (ballot !== undefined) return { is: 'refused', error: ballot };
  if (ask.vote === 'no') return { is: 'counted', state: 'rejected', missing: 0, reviewDue: false };
  const own: Voice = { ...ask, brokeGlass: ask.breaksGlass };
  const missing = missingOf({ ...gate, voices: [...gate.voices, own] });
  return { is: 'counted', state: missing === 0 ? 'granted' : 'requested', missing, reviewDue: reviewDue(gate, ask) };
}

/**
 * May what was granted be used now? Everything is looked at once more, in the transaction that uses it.
 * @returns why it does not count any more; undefined: it is used
 */
export function judgeUse(gate: GateFacts): string | undefined {
  if (gate.boundNow !== gate.boundHash) return CHANGED;
  if (gate.now > gate.expiresAt) return 'it has expired';
  const missing = missingOf(gate);
  if (missing === 0) return undefined;
  const lost = gate.voices.find((voice) => !counts(gate, voice));
  return lost === undefined
    ? 'a voice is missing'
    : `the yes of ${lost.user} does not count any more: ${lack(gate, lost)}`;
}

/** How many more people must say yes. Glass that was broken is enough. */
export function missingOf(gate: Pick<GateFacts, 'count' | 'solo' | 'role' | 'voices'>): number {
  const yes = gate.voices.filter((voice) => voice.vote === 'yes' && counts(gate, voice));
  if (yes.some(({ brokeGlass }) => brokeGlass)) return 0;
  return Math.max(0, gate.count - new Set(yes.map(({ user }) => user)).size);
}

/** Somebody takes their yes back. @returns whether the gate is open for an answer again, or why not */
export function judgeWithdrawal(gate: GateFacts, user: string): { reopens: boolean; missing: number } | GantryError {
  if (!gate.voices.some((voice) => voice.user === user)) {
    return new GantryError('conflict', 'not-voted', `${user} has said nothing at ${gate.step}`, '');
  }
  const missing = missingOf({ ...gate, voices: gate.voices.filter((voice) => voice.user !== user) });
  return { reopens: gate.state === 'granted' && missing > 0, missing };
}

const CHANGED = 'what it was bound to has changed';

/** Whether a yes counts: the voter may decide here, and has no part in what is decided over. */
function counts({ solo }: Pick<GateFacts, 'solo'>, { brokeGlass, holdsRole, mayDecide, part }: Voice): boolean {
  return solo || (part === null && (brokeGlass ? mayDecide : holdsRole));
}

function lack({ role }: Pick<GateFacts, 'role'>, { user, part, brokeGlass }: Voice): string {
  if (part !== null) return `${user} ${PARTS[part]}`;
  return brokeGlass ? `${user} decides nothing here any more` : `${user} is no ${role} any more`;
}

/** Two people did it, or somebody else looks at it afterwards. */
const reviewDue = (gate: GateFacts, { breaksGlass, user }: Ask): boolean =>
  breaksGlass && !gate.solo && !hasOtherYes(gate, user);

const hasOtherYes = (gate: GateFacts, user: string): boolean =>
  gate.voices.some((voice) => voice.user !== user && voice.vote === 'yes' && counts(gate, voice));

/** What is wrong with the question itself, whoever asks. */
function refusal(gate: GateFacts, ask: Ask): GantryError | undefined {
  const { step, solo } = gate;
  if (ask.byToken && !solo) {
    return no('forbidden', 'person-needed', 'a token cannot decide: this is for people to do', 'sign in: gantry login');
  }
  if (ask.shown === undefined && !solo) {
    const next = 'look at the run, and send the hash that it shows';
    return no('invalid', 'approval-unseen', `an answer at ${step} names what it is an answer to (boundHash)`, next);
  }
  const isOther = ask.shown !== undefined && ask.shown !== gate.boundHash;
  const isOtherRelease = ask.shownRelease !== undefined && ask.shownRelease !== gate.releaseHash;
  if (isOther || isOtherRelease) {
    const [is, was] = isOtherRelease ? [gate.releaseHash, ask.shownRelease] : [gate.boundHash, ask.shown];
    const message = `what waits at ${step} is ${short(is)}, not the ${short(was)} that was shown`;
    return no('conflict', 'approval-changed', message, 'look at the run again, then decide');
  }
  if (gate.now > gate.expiresAt) {
    return no('conflict', 'approval-expired', `the question at ${step} has expired`, 'start the run again');
  }
  const said = gate.voices.find(({ user }) => user === ask.user);
  if (said !== undefined) {
    const message = `${ask.user} has decided at ${step} already (${said.vote})`;
    return no('conflict', 'already-voted', message, `${gate.count} different people are needed`);
  }
  if (ask.breaksGlass && ask.vote === 'no') {
    return no('invalid', 'no-glass', 'glass is broken to say yes; a no needs none', 'reject it as always');
  }
  if (ask.breaksGlass && ask.reason.trim() === '') {
    return no('invalid', 'reason-needed', 'glass is broken with a reason', 'say why: --reason TEXT');
  }
  return undefined;
}

/** What keeps this very person from deciding. A no is taken from everybody who decides anything, or has a part in it. */
function ballotRefusal(gate: GateFacts, ask: Ask): GantryError | undefined {
  const { step, role } = gate;
  if (ask.vote === 'no' && (ask.mayDecide || ask.part !== null)) return undefined;
  if (ask.part !== null) {
    const message = `${ask.user} ${PARTS[ask.part]}, and so does not decide over it`;
    return no('forbidden', 'approval-own', message, `ask another ${role}`);
  }
  if (!gate.arePeopleKnown) {
    const message = `production has changed, and who took part in what ${step} brings beyond it is being read`;
    return no('conflict', 'people-unread', message, 'try again in a few seconds');
  }
  if (ask.breaksGlass) return glassRefusal(gate, ask);
  if (ask.holdsRole) return undefined;
  return no('forbidden', 'role-missing', `${step} asks for a ${role}, and ${ask.user} is none`, `ask a ${role}`);
}

function glassRefusal(gate: GateFacts, ask: Ask): GantryError | undefined {
  if (!ask.mayDecide) {
    const message = `${ask.user} has no role that decides anything here`;
    return no('forbidden', 'role-missing', message, `ask a ${gate.role}`);
  }
  if (!ask.reviewOverdue || hasOtherYes(gate, ask.user)) return undefined;
  const message = 'glass that was broken here earlier was never reviewed, so it takes two people now';
  return no('conflict', 'review-overdue', message, 'have it reviewed: gantry review');
}

const no = (...words: ConstructorParameters<typeof GantryError>): GantryError => new GantryError(...words);
const short = (hash = ''): string => hash.slice(0, 12);
