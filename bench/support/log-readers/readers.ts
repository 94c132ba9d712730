import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Workshop } from '../bench';
import type { FromReaders, Read, ReadPlan, ToReaders } from './messages';

/** Readers in a process of their own, so that the bench's own work does not slow them. */
export class Readers {
  private constructor(
    private readonly child: ChildProcess,
    private readonly answer: Promise<Read>,
  ) {}

  static async start({ cleanup }: Workshop, plan: ReadPlan): Promise<Readers> {
    const child = fork(join(__dirname, 'main.js'), [], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    cleanup.later(() => void child.kill('SIGKILL'));
    await once(child, 'message');
    const answer = Promise.race([
      once(child, 'message').then(([message]) => (message as Extract<FromReaders, { type: 'read' }>).read),
      once(child, 'exit').then(([code, signal]): never => {
        throw new Error(`the process of the readers ended early (${signal ?? code})`);
      }),
    ]);
    answer.catch(() => undefined); // heard by whoever waits for it
    const readers = new Readers(child, answer);
    readers.tell({ type: 'start', plan });
    return readers;
  }

  hurry(): void {
    this.tell({ type: 'hurry' });
  }

  read(): Promise<Read> {
    return this.answer;
  }

  private tell(message: ToReaders): void {
    if (this.child.connected) this.child.send(message);
  }
}
