import { randomUUID } from 'node:crypto';
import type { Context, RootHookObject } from 'mocha';
import { dockerLeftovers, labelledObjects } from './docker-leftovers';
import { removeSharedPostgres } from './postgres';
import { endProcesses, processesOf } from './process-leftovers';

export { requireDocker, skipBecause } from './skips';

refuseOldNode();

/** Every process that the suite starts inherits this mark, however deep and detached it is. */
const mark = randomUUID();
process.env.GANTRY_TEST_RUN = mark;

/** Rejections that nobody handled; mocha leaves them to the process, and the test in which they fell may be over. */
const rejections: string[] = [];
let running = 'before the first test';
const told = new WeakSet<Promise<unknown>>();
process.on('unhandledRejection', (reason, promise) => {
  // Mocha hears it as well and emits it a second time.
  if (told.has(promise)) return;
  told.add(promise);
  const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  rejections.push(`unhandled rejection (${running}): ${text}`);
});

let before: ReadonlySet<string> = new Set();

export const mochaHooks: RootHookObject = {
  async beforeAll() {
    before = new Set((await labelledObjects()).map((object) => object.key));
  },

  beforeEach(this: Context) {
    running = `in or after '${this.currentTest?.fullTitle()}'`;
  },

  async afterAll(this: Context) {
    this.timeout(20_000);
    await removeSharedPostgres();
    const processes = await processesOf(mark);
    const objects = dockerLeftovers(await labelledObjects(), before);
    endProcesses(processes);
    const lines = [
      ...rejections,
      ...processes.map((left) => `process ${left.pid}: ${left.command} (ended now)`),
      ...objects.map((left) => `${left.kind} ${left.name}, gantry.installation=${left.installation}`),
    ];
    if (lines.length > 0) throw new Error(`the suite did not end cleanly:\n  ${lines.join('\n  ')}`);
  },
};

/** A wrong Node must say so here: native modules of the right one would end it with a segmentation fault. */
function refuseOldNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if ((major === 22 && minor >= 21) || (major === 24 && minor >= 9) || major > 24) return;
  console.error(`Node ${process.versions.node} is too old for Gantry (22.21, 24.9 or newer): eval "$(./gantry env)"`);
  process.exit(1);
}
