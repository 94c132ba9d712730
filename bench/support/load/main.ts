/** The load process: asks the gateway without a pause until it is told to stop, and tells what it saw. */
import { Connection, monotonicNow } from './connection';
import type { FromLoad, LoadPlan, ToLoad } from './messages';
import { pathOf } from './page';
import { Tally } from './tally';

let stopping = false;
let tally: Tally | undefined;
let loops: Promise<void>[] = [];
let next = 0;

function start(plan: LoadPlan): void {
  const counted = new Tally(monotonicNow());
  tally = counted;
  const loop = async (keepAlive: boolean): Promise<void> => {
    const connection = new Connection(plan.gateway, keepAlive);
    while (!stopping) {
      const number = ++next;
      // In tens, so that each host gets its share of the slow ones.
      const host = plan.hosts[Math.floor(number / 10) % plan.hosts.length] ?? '';
      const path = pathOf(number);
      const asked = await connection.ask(path, host);
      counted.count(asked, { number, host, slow: path.startsWith('/slow'), now: monotonicNow() });
    }
    connection.close();
  };
  loops = [
    ...Array.from({ length: plan.kept }, () => loop(true)),
    ...Array.from({ length: plan.fresh }, () => loop(false)),
  ];
}

async function stop(): Promise<void> {
  stopping = true;
  await Promise.all(loops);
  if (tally !== undefined) tell({ type: 'total', total: tally.total(monotonicNow()) });
  process.disconnect?.();
}

const tell = (message: FromLoad): void => void process.send?.(message);

process.on('message', (message: ToLoad) => {
  if (message.type === 'start') start(message.plan);
  if (message.type === 'look' && tally !== undefined) tell({ type: 'seen', seen: tally.look() });
  if (message.type === 'stop') void stop();
});
// Whoever started it is gone: nobody wants to know any more. Ctrl-C is the bench's, which then says stop.
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
tell({ type: 'ready' });
