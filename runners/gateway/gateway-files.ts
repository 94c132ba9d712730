import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatewayServer, Route } from '../../engine/ports/gateway';
import { GatewayStartError } from './errors';
import { formatRoute, parseRoute } from './route-line';

/** What the gateway has been told apart from routes: how many slots there are, and the servers of each backend. */
export interface DeclaredServers {
  slots: number;
  /** By backend name (`s0_a`); empty backends have no entry. */
  backends: Record<string, GatewayServer[]>;
}

const FORMAT = 1;

/**
 * The folder that a gateway starts from. Two files are the truth, `routes.map` and `servers.json`; `haproxy.cfg` and
 * `health.map` follow from the second. Every file is replaced whole (written aside, flushed, renamed), so a reader sees
 * the old or the new one, also after a power cut. Writers hold the folder's lock.
 */
export class GatewayFiles {
  constructor(private readonly folder: string) {}

  /** Only the owner may enter: whoever can reach the admin socket can move traffic. */
  async create(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
  }

  async readRoutes(): Promise<Map<string, Route>> {
    const routes = new Map<string, Route>();
    for (const line of (await this.read('routes.map')).split('\n')) {
      const [host, value] = line.split(' ');
      const route = host !== undefined && value !== undefined ? parseRoute(host, value) : undefined;
      if (route !== undefined) routes.set(route.host, route);
    }
    return routes;
  }

  async writeRoutes(routes: ReadonlyMap<string, Route>): Promise<void> {
    const lines = [...routes.values()].map((route) => `${route.host} ${formatRoute(route)}\n`);
    await this.write('routes.map', lines.sort().join(''));
  }

  async readServers(): Promise<DeclaredServers | undefined> {
    const text = await this.read('servers.json');
    if (text === '') return undefined;
    const { format, slots, backends } = JSON.parse(text) as DeclaredServers & { format: number };
    if (format !== FORMAT) {
      const what = `${join(this.folder, 'servers.json')} has format ${format}, and this Gantry knows format ${FORMAT}`;
      throw new GatewayStartError('of the gateway', what, 'Use the Gantry that wrote it, or a newer one.');
    }
    return { slots, backends };
  }

  async writeServers(servers: DeclaredServers): Promise<void> {
    await this.write('servers.json', `${JSON.stringify({ format: FORMAT, ...servers }, null, 1)}\n`);
  }

  /** The text of one of the gateway's files; empty when it is not there. */
  async read(name: string): Promise<string> {
    return (await this.find(name)) ?? '';
  }

  /** Replaces the file, unless it says this already. */
  async write(name: string, content: string): Promise<void> {
    if (content === (await this.find(name))) return;
    const aside = join(this.folder, `.${name}.${randomUUID()}`);
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(aside, join(this.folder, name));
    await this.flushFolder();
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { force: true });
  }

  async removeAll(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async find(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.folder, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Without this the rename itself could be lost in a power cut. */
  private async flushFolder(): Promise<void> {
    const folder = await open(this.folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}
