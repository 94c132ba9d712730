import { REVIEW_MS } from '../../../engine/approvals/glass';
import {
  type Ask,
  type GateFacts,
  judgeUse,
  judgeVote,
  judgeWithdrawal,
  type Standing,
} from '../../../engine/approvals/judge';
import { GantryError } from '../../../engine/model/errors';
import { type Answer, DECIDING, type Door, EXPIRES_MS, type GateWorld, isSolo, type Move, tookPart } from './world';

/** Tells the product's decisions something that is not so: the oracle must find out. */
export interface Lie {
  facts?: (facts: GateFacts) => GateFacts;
  ask?: (ask: Ask) => Ask;
}

interface Voiced {
  user: string;
  vote: 'yes' | 'no';
  brokeGlass: boolean;
}

/** The product's own decisions (`engine/approvals/judge.ts`) on rows that are kept in memory. */
export class PureDoor implements Door {
  private voices: Voiced[] = [];
  private state: GateFacts['state'] = 'requested';
  private bound: number;
  private expiresAt: number;
  /** Until when glass that was broken must be reviewed; nobody does. */
  private readonly due: number[] = [];

  constructor(
    private readonly world: GateWorld,
    private readonly lie: Lie = {},
  ) {
    this.bound = world.bound;
    this.expiresAt = world.now + EXPIRES_MS;
  }

  async vote(move: Extract<Move, { do: 'vote' }>): Promise<Answer> {
    if (this.state !== 'requested') return { is: 'refused' };
    const judged = judgeVote(this.facts(), this.ask(move));
    if (judged.is === 'refused') return judged;
    if (judged.is === 'void') return this.askAgain();
    this.voices.push({ user: move.user, vote: move.vote, brokeGlass: move.breaksGlass });
    this.state = judged.state;
    if (judged.reviewDue) this.due.push(this.world.now + REVIEW_MS);
    if (judged.state === 'rejected') return { is: 'rejected' };
    return { is: 'counted', opens: judged.state === 'granted', reviewDue: judged.reviewDue };
  }

  async withdraw(user: string): Promise<Answer> {
    if (this.state !== 'requested' && this.state !== 'granted') return { is: 'refused' };
    const judged = judgeWithdrawal(this.facts(), user);
    if (judged instanceof GantryError) return { is: 'refused' };
    this.voices = this.voices.filter((voice) => voice.user !== user);
    if (judged.reopens) this.state = 'requested';
    return { is: 'withdrawn', opens: this.state === 'granted' };
  }

  async use(): Promise<Answer> {
    if (this.state !== 'granted') return { is: 'refused' };
    if (judgeUse(this.facts()) !== undefined) return this.askAgain();
    this.state = 'consumed';
    return { is: 'used' };
  }

  async follow(): Promise<void> {
    // It looks at the world itself, each time that it is asked.
  }

  private askAgain(): Answer {
    this.voices = [];
    this.state = 'requested';
    this.bound = this.world.bound;
    this.expiresAt = this.world.now + EXPIRES_MS;
    return { is: 'void' };
  }

  private facts(): GateFacts {
    const { world } = this;
    const facts: GateFacts = {
      ...{ state: this.state, step: 'production/approve', role: world.role, count: world.count },
      ...{ boundHash: hashOf(this.bound), boundNow: hashOf(world.bound), releaseHash: '' },
      arePeopleKnown: true,
      ...{ expiresAt: this.expiresAt, now: world.now, solo: isSolo(world) },
      voices: this.voices.map((voice) => ({ ...voice, ...this.standing(voice.user) })),
    };
    return this.lie.facts?.(facts) ?? facts;
  }

  private ask({ user, vote, shown, byToken, breaksGlass }: Extract<Move, { do: 'vote' }>): Ask {
    const said = { user, vote, byToken, breaksGlass, reason: 'payments fail' };
    const reviewOverdue = breaksGlass && this.due.some((due) => due < this.world.now);
    const seen = { shown: shown === null ? undefined : hashOf(shown), shownRelease: undefined };
    const ask = { ...this.standing(user), ...said, ...seen, reviewOverdue };
    return this.lie.ask?.(ask) ?? ask;
  }

  private standing(user: string): Standing {
    const person = this.world.people.get(user);
    if (person === undefined) return { holdsRole: false, mayDecide: false, part: null };
    return {
      holdsRole: person.roles.has(this.world.role),
      mayDecide: DECIDING.some((role) => person.roles.has(role)),
      part: tookPart(this.world, person) ? 'author' : null,
    };
  }
}

const hashOf = (bound: number): string => `bound ${bound}`;

const blind = <Who extends Standing>(who: Who): Who => ({ ...who, part: null });
const roled = <Who extends Standing>(who: Who): Who => ({ ...who, holdsRole: true, mayDecide: true });

/** What each promise would be worth if the decision did not know this. */
export const LIES: Readonly<Record<string, Lie>> = {
  'nobody took part': { facts: (f) => ({ ...f, voices: f.voices.map(blind) }), ask: blind },
  'everybody has the role': { facts: (f) => ({ ...f, voices: f.voices.map(roled) }), ask: roled },
  'roles are never lost': { facts: (f) => ({ ...f, voices: f.voices.map(roled) }) },
  'nothing has changed': { facts: (f) => ({ ...f, boundNow: f.boundHash }) },
  'it never expires': { facts: (f) => ({ ...f, expiresAt: Number.POSITIVE_INFINITY }) },
  'every token is a person': { ask: (a) => ({ ...a, byToken: false }) },
  'one is enough': { facts: (f) => ({ ...f, count: 1 }) },
  'nobody has voted yet': { facts: (f) => ({ ...f, voices: [] }) },
  'there is one person': { facts: (f) => ({ ...f, solo: true }) },
};
