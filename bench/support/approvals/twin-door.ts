import type { Answer, Door, Move } from './world';

/** Two doors that must say the same; what the second says counts. */
export class TwinDoor implements Door {
  difference: string | undefined;

  constructor(
    private readonly pure: Door,
    private readonly real: Door,
  ) {}

  async vote(move: Extract<Move, { do: 'vote' }>): Promise<Answer> {
    return this.same(move, await this.pure.vote(move), await this.real.vote(move));
  }

  async withdraw(user: string): Promise<Answer> {
    return this.same({ do: 'withdraw', user }, await this.pure.withdraw(user), await this.real.withdraw(user));
  }

  async use(): Promise<Answer> {
    return this.same({ do: 'use' }, await this.pure.use(), await this.real.use());
  }

  async follow(move: Move): Promise<void> {
    await this.pure.follow(move);
    await this.real.follow(move);
  }

  private same(move: Move, pure: Answer, real: Answer): Answer {
    const [one, other] = [JSON.stringify(plain(pure)), JSON.stringify(plain(real))];
    if (one !== other) this.difference ??= `${JSON.stringify(move)}: ${one} alone, ${other} in the product`;
    return real;
  }
}

/** A refusal's words are the product's own affair. */
const plain = (answer: Answer): Answer => (answer.is === 'refused' ? { is: 'refused' } : answer);
