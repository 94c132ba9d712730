import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Cleanup } from '../cleanup';
import type { FromLoad, LoadPlan, Seen, ToLoad, Total } from './messages';

/** Load through the gateway, from a process of its own, so that the bench's own work does not slow it. */
export class Load {
  private readonly ended: Promise<never>;

  private constructor(private readonly child: ChildProcess) {
    this.ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the load process ended early (${signal ?? code})`);
    });
    this.ended.catch(() => undefined);
  }

  static async start(plan: LoadPlan, cleanup: Cleanup): Promise<Load> {
    const child = fork(join(__dirname, 'main.js'), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    cleanup.later(() => void child.kill('SIGKILL'));
    const load = new Load(child);
    await load.hear('ready');
    load.tell({ type: 'start', plan });
    return load;
  }

  /** What it has seen so far. */
  async look(): Promise<Seen> {
    const heard = this.hear('seen');
    this.tell({ type: 'look' });
    return (await heard).seen;
  }

  /** Lets the requests under way end, and sums up. */
  async stop(): Promise<Total> {
    const heard = this.hear('total');
    this.tell({ type: 'stop' });
    return (await heard).total;
  }

  /** A process that is gone hears nothing; whoever waits for its answer is told so. */
  private tell(message: ToLoad): void {
    if (this.child.connected) this.child.send(message);
  }

  private hear<T extends FromLoad['type']>(type: T): Promise<Extract<FromLoad, { type: T }>> {
    const heard = new Promise<Extract<FromLoad, { type: T }>>((resolve) => {
      const onMessage = (message: FromLoad): void => {
        if (message.type !== type) return;
        this.child.off('message', onMessage);
        resolve(message as Extract<FromLoad, { type: T }>);
      };
      this.child.on('message', onMessage);
    });
    return Promise.race([heard, this.ended]);
  }
}
