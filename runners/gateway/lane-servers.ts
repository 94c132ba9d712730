import { setTimeout as pause } from 'node:timers/promises';
import type { GatewayServer } from '../../engine/ports/gateway';
import { SERVER_OPTIONS } from './configuration';
import { GatewayRefusedError } from './errors';
import type { RuntimeApi } from './runtime-api';
import { parseTable } from './table';

/** A server as the running gateway holds it. */
export interface RunningServer {
  backend: string;
  name: string;
  /** `-` while its name is not resolved. */
  address: string;
  port: number;
  /** Whether an operator's or our command keeps it from receiving requests (drain, maintenance). */
  heldBack: boolean;
  /** Held back as `LaneServers.prepare` leaves it: it is asked for its health. */
  prepared: boolean;
  /** Taken out, though HAProxy cannot forget it: see `LaneServers.delete`. */
  retired: boolean;
}

/** Bits of `srv_admin_state`: maintenance by command, drain by command. */
const FORCED_MAINTENANCE = 1;
const FORCED_DRAIN = 8;
/** Bit of `srv_check_state`. */
const CHECKS_ENABLED = 4;

export interface ServerTraffic {
  backend: string;
  name: string;
  sessions: number;
  /** May receive requests now. */
  up: boolean;
  /** What its last health check said, for example `L7OK` or `L4CON`. */
  check: string;
}

const POLL_MS = 15;
/** A question costs little, and a release that is gone back to waits for the answer. */
const HEALTH_POLL_MS = 5;
/** How long a server that is drained and in maintenance may still hold pooled connections. */
const DELETE_MS = 3_000;

/** Adds, proves, drains and deletes servers in the running gateway. */
export class LaneServers {
  constructor(private readonly api: RuntimeApi) {}

  /** The servers of one backend, or of all. */
  async list(backend?: string): Promise<RunningServer[]> {
    const answer = await this.api.execute(`show servers state${backend === undefined ? '' : ` ${backend}`}`);
    return parseTable(answer, ' ').map((row) => ({
      backend: row.be_name ?? '',
      name: row.srv_name ?? '',
      address: row.srv_addr ?? '-',
      port: Number(row.srv_port),
      heldBack: row.srv_admin_state !== '0',
      prepared: Number(row.srv_admin_state) === FORCED_DRAIN && (Number(row.srv_check_state) & CHECKS_ENABLED) !== 0,
      retired: (Number(row.srv_admin_state) & FORCED_MAINTENANCE) !== 0,
    }));
  }

  /** One question for all the backends: a rollback waits for the answer. */
  async traffic(...backends: string[]): Promise<ServerTraffic[]> {
    const question = backends.map((backend) => `show stat ${backend} 4 -1`).join(';');
    return parseTable(await this.api.execute(question), ',')
      .filter((row) => row.status !== 'MAINT')
      .map((row) => ({
        backend: row.pxname ?? '',
        name: row.svname ?? '',
        sessions: Number(row.scur),
        up: row.status?.startsWith('UP') === true,
        check: (row.check_status ?? '').replace('* ', ''),
      }));
  }

  /**
   * Makes the server known and lets its health checks run while it gets no request yet. A server that leaves
   * maintenance counts as up before its first check, so it waits in the drain state instead.
   */
  private async prepare(backend: string, server: GatewayServer): Promise<void> {
    const name = `${backend}/${server.name}`;
    await this.api.command(
      `add server ${name} ${server.address}:${server.port} ${SERVER_OPTIONS}`,
      /New server registered|Already exists/,
    );
    await this.api.command(`set server ${name} state drain`);
    await this.api.command(`enable health ${name}`);
  }

  private async moveTo(backend: string, server: GatewayServer): Promise<void> {
    const command = `set server ${backend}/${server.name} addr ${server.address} port ${server.port}`;
    await this.api.command(command, /changed|no need to change/i);
  }

  async ready(backend: string, name: string): Promise<void> {
    await this.api.command(`set server ${backend}/${name} state ready`);
  }

  /** Adds what the running gateway lacks and revives what is held back. Returns the names that got no requests. */
  async prepareMissing(backend: string, servers: readonly GatewayServer[]): Promise<string[]> {
    const running = new Map((await this.list(backend)).map((server) => [server.name, server]));
    for (const server of servers) {
      const there = running.get(server.name);
      if (there === undefined || (there.heldBack && !there.prepared)) await this.prepare(backend, server);
      if (there !== undefined && (there.address !== server.address || there.port !== server.port)) {
        await this.moveTo(backend, server);
      }
    }
    return servers.map((server) => server.name).filter((name) => running.get(name)?.heldBack !== false);
  }

  /**
   * Gives a backend the servers that it lacks. One that is not healthy in time is known to be down: it is released, too,
   * its checks let it in when it answers.
   */
  async mend(backend: string, servers: readonly GatewayServer[], waitMs: number): Promise<void> {
    const names = servers.map((server) => server.name);
    await this.prepareMissing(backend, servers);
    await this.waitHealthy(backend, names, waitMs);
    for (const name of names) await this.ready(backend, name);
  }

  /** Waits until each passes its health check; returns those that do not within `waitMs`, with their last answer. */
  async waitHealthy(
    backend: string,
    names: readonly string[],
    waitMs: number,
  ): Promise<{ name: string; answer: string }[]> {
    const deadline = Date.now() + waitMs;
    for (;;) {
      const traffic = new Map((await this.traffic(backend)).map((one) => [one.name, one.check]));
      const waiting = names.filter((name) => traffic.get(name)?.startsWith('L7OK') !== true);
      if (waiting.length === 0 || Date.now() >= deadline) {
        return waiting.map((name) => ({ name, answer: traffic.get(name) || 'not asked yet' }));
      }
      await pause(HEALTH_POLL_MS);
    }
  }

  /** No new requests; resolves when none is left. What still runs after `drainMs` is cut. Nothing when it is gone. */
  async drain(backend: string, name: string, drainMs: number): Promise<void> {
    const server = `${backend}/${name}`;
    const answer = await this.api.execute(`set server ${server} state drain`);
    if (isAbsent(answer)) return;
    if (answer !== '') throw new GatewayRefusedError(`set server ${server} state drain`, answer);
    const deadline = Date.now() + drainMs;
    while ((await this.sessions(backend, name)) > 0) {
      if (Date.now() >= deadline) {
        await this.cut(server);
        return;
      }
      await pause(POLL_MS);
    }
  }

  /** Cuts what is open at each server of a backend. */
  async shutSessions(backend: string): Promise<void> {
    for (const { name } of await this.traffic(backend)) await this.cut(`${backend}/${name}`);
  }

  private async cut(server: string): Promise<void> {
    await this.api.command(`shutdown sessions server ${server}`, /No such server/);
  }

  /**
   * Takes a drained server out. Maintenance makes its idle pooled connections close, which may take a moment.
   *
   * HAProxy cannot forget a server that it resolves by name, which are those it has read from its file at a restart.
   * Such a one stays in maintenance, with no checks and no requests, until the next reload or restart; everywhere else
   * here it counts as gone.
   */
  async delete(backend: string, name: string): Promise<void> {
    const server = `${backend}/${name}`;
    const deadline = Date.now() + DELETE_MS;
    if (isAbsent(await this.api.execute(`set server ${server} state maint`))) return;
    for (;;) {
      const answer = await this.api.execute(`del server ${server}`);
      if (/deleted/i.test(answer) || isAbsent(answer) || /cannot be removed at runtime/i.test(answer)) return;
      if (Date.now() >= deadline) throw new GatewayRefusedError(`del server ${server}`, answer);
      await pause(POLL_MS);
    }
  }

  private async sessions(backend: string, name: string): Promise<number> {
    return (await this.traffic(backend)).find((server) => server.name === name)?.sessions ?? 0;
  }
}

function isAbsent(answer: string): boolean {
  return /no such (server|backend)|can't find backend/i.test(answer);
}
