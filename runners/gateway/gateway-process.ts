import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { GatewayContainers } from './containers';
import { GatewayStartError } from './errors';
import type { GatewayFiles } from './gateway-files';
import { RuntimeApi } from './runtime-api';

const START_MS = 15_000;
const POLL_MS = 15;

/** HAProxy in its container: whether it answers, and how it takes a new configuration. */
export class GatewayProcess {
  private readonly master: RuntimeApi;

  constructor(
    private readonly folder: string,
    private readonly container: string,
    private readonly docker: GatewayContainers,
    private readonly files: GatewayFiles,
    private readonly api: RuntimeApi,
  ) {
    this.master = new RuntimeApi(folder, container, 'master.sock');
  }

  untilAnswering(): Promise<void> {
    return this.until('did not begin to answer', () => this.api.answers());
  }

  /**
   * A new process takes over listening sockets and state; the old one ends with its last request. Addresses are
   * handed over in a file that only lives for this moment, since after a restart they may be wrong. Callers hold the
   * routes: the new process reads them from the file, and the old one would get a change made meanwhile.
   */
  async reload(): Promise<void> {
    const before = await this.api.workerPid();
    const state = join(this.folder, 'servers.state');
    await writeFile(state, `${await this.api.execute('show servers state')}\n`, { mode: 0o600 });
    try {
      // The master starts itself anew with each reload, and is away for a moment.
      await this.until('took no command', () => this.master.accepts('reload'));
      await this.until('took no new configuration', async () => {
        return (await this.api.answers()) && (await this.api.workerPid()) !== before;
      });
    } finally {
      await this.files.remove('servers.state');
    }
  }

  private async until(what: string, reached: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + START_MS;
    while (!(await reached())) {
      if (Date.now() >= deadline) {
        const logs = await this.docker.logs(this.container, 30);
        throw new GatewayStartError(this.container, `the gateway ${what} within ${START_MS} ms`, logs);
      }
      await pause(POLL_MS);
    }
  }
}
