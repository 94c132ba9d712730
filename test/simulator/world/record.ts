import { StepFailure } from '../../../engine/model/errors';
import { acting, here, reach } from '../process';
import type { Act, ActKind } from '../simulation';

/** What is wrong with the world outside of Gantry's processes. */
export interface WorldTrouble {
  docker: 'fine' | 'hangs';
  gateway: 'fine' | 'dead';
}

/** How processes reach the world: each call may be the last thing they do, may fail, and is written down. */
export class WorldRecord {
  readonly acts: Act[] = [];
  readonly trouble: WorldTrouble = { docker: 'fine', gateway: 'fine' };
  private waiting: (() => void)[] = [];

  constructor(private readonly now: () => number) {}

  /** A call to Docker. */
  async docker<T>(call: () => T): Promise<T> {
    await reach(unreachable);
    if (this.trouble.docker === 'hangs') await new Promise<void>((goOn) => this.waiting.push(goOn));
    const answer = call();
    await reach(unreachable);
    return answer;
  }

  /** A call to the gateway. */
  async gateway<T>(call: () => T): Promise<T> {
    await reach(unreachable);
    if (this.trouble.gateway === 'dead') throw new StepFailure('world', 'the gateway does not answer');
    const answer = call();
    await reach(unreachable);
    return answer;
  }

  /** Docker answers again. */
  release(): void {
    this.trouble.docker = 'fine';
    for (const goOn of this.waiting.splice(0)) goOn();
  }

  note(kind: ActKind, target: string, changed: boolean, detail?: Act['detail']): void {
    const on = acting.getStore();
    this.acts.push({
      at: this.now(),
      actor: here.getStore()?.process.owner ?? 'nobody',
      kind,
      target,
      changed,
      effect: on?.effect,
      step: on?.step,
      ...(detail === undefined ? {} : { detail }),
    });
  }
}

const unreachable = (): Error => new StepFailure('world', 'the connection was lost');
