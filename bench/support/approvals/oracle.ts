import { type Answer, DECIDING, EXPIRES_MS, type GateWorld, isSolo, type Move, tookPart } from './world';

interface Said {
  user: string;
  bound: number;
  byToken: boolean;
  breaksGlass: boolean;
}

/**
 * Says what must never have been let through, by the rules as they are written down (A1 to A7), and by nothing of the
 * product: it keeps its own account of who said what about which version of what.
 */
export class Oracle {
  private said: Said[] = [];
  private asked: { at: number; bound: number };
  private wasUsed = false;

  constructor(private readonly world: GateWorld) {
    this.asked = { at: world.now, bound: world.bound };
  }

  /** @returns the rule that was broken; undefined: none */
  see(move: Move, answer: Answer): string | undefined {
    if (answer.is === 'void') {
      this.said = [];
      this.asked = { at: this.world.now, bound: this.world.bound };
      return undefined;
    }
    if (move.do === 'withdraw' && answer.is === 'withdrawn') {
      this.said = this.said.filter(({ user }) => user !== move.user);
      return answer.opens ? this.mayOpen() : undefined;
    }
    if (move.do === 'vote' && answer.is === 'counted') return this.counted(move, answer);
    return answer.is === 'used' ? this.used() : undefined;
  }

  private counted(
    move: Extract<Move, { do: 'vote' }>,
    { opens, reviewDue }: Extract<Answer, { is: 'counted' }>,
  ): string | undefined {
    const { user, byToken, breaksGlass, shown } = move;
    if (this.said.some((one) => one.user === user)) return 'A7: one person has two voices';
    if (this.world.now > this.asked.at + EXPIRES_MS) return 'A1: a question was answered after it had expired';
    if (shown !== null && shown !== this.world.bound) return 'A2: an answer to something else was taken';
    this.said.push({ user, bound: this.world.bound, byToken, breaksGlass });
    const isAlone = this.valid().every((one) => one.user === user);
    if (breaksGlass && !isSolo(this.world) && isAlone && !reviewDue) return 'A7: nobody reviews what one person did';
    return opens ? this.mayOpen() : this.mayCount(user);
  }

  private used(): string | undefined {
    if (this.wasUsed) return 'A6: an approval was used twice';
    this.wasUsed = true;
    if (this.asked.bound !== this.world.bound) return 'A5: what was approved has changed since';
    if (this.world.now > this.asked.at + EXPIRES_MS) return 'A1: an approval was used after it had expired';
    return this.mayOpen();
  }

  private mayOpen(): string | undefined {
    const valid = this.valid();
    if (valid.some(({ breaksGlass }) => breaksGlass)) return undefined;
    const people = new Set(valid.map(({ user }) => user));
    return people.size >= this.world.count ? undefined : `A1: open with ${people.size} of ${this.world.count} voices`;
  }

  /** A yes that counts now, even if it is not enough yet. */
  private mayCount(user: string): string | undefined {
    return this.valid().some((one) => one.user === user) ? undefined : `A3, A4: ${user} may not decide here`;
  }

  private valid(): Said[] {
    if (isSolo(this.world)) return this.said;
    return this.said.filter(({ user, byToken, breaksGlass }) => {
      const person = this.world.people.get(user);
      if (person === undefined || byToken || tookPart(this.world, person)) return false;
      return breaksGlass ? DECIDING.some((role) => person.roles.has(role)) : person.roles.has(this.world.role);
    });
  }
}
