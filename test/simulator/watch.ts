import type { History } from './history';
import type { Entry, Invariant } from './simulation';

/** What was found: an invariant that does not hold. */
export interface Broken {
  invariant: string;
  says: string;
  what: string;
}

/** Looks at every invariant after every command. */
export class Watch {
  finding: Broken | undefined;
  checks = 0;
  private readonly always: readonly Invariant[];
  private readonly atRest: readonly Invariant[];

  constructor(
    private readonly history: History,
    invariants: readonly Invariant[],
  ) {
    this.always = [UNEXPECTED, ...invariants.filter(({ atRest }) => atRest !== true)];
    this.atRest = invariants.filter(({ atRest }) => atRest === true);
  }

  see(entry: Entry): void {
    this.look(this.always, entry);
  }

  /** Nothing moves any more. */
  rest(entry: Entry): void {
    this.look([...this.always, ...this.atRest], entry);
  }

  private look(invariants: readonly Invariant[], { command }: Entry): void {
    for (const { id, says, check } of invariants) {
      if (this.finding !== undefined) return;
      this.checks += 1;
      const what = check(this.history, command);
      if (what !== undefined) this.finding = { invariant: id, says, what };
    }
  }
}

/** The simulator's own: an error that no verb promises is a fault of Gantry. */
const UNEXPECTED: Invariant = {
  id: 'X1',
  says: 'verbs answer, or refuse with an error of the domain',
  check: ({ journal }) => {
    const answer = journal.at(-1)?.answer;
    return answer?.kind === 'refused' && answer.code.startsWith('unexpected') ? answer.message : undefined;
  },
};
