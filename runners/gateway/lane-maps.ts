import { sessionOf } from '../../engine/rollout/visitor';
import { sessionEntries } from './configuration';
import type { DeclaredServers } from './gateway-files';
import { INSIDE } from './paths';
import type { RuntimeApi } from './runtime-api';
import { RuntimeMap } from './runtime-map';

/** What the running gateway looks up about servers: the path of a backend's checks, and the place of a session. */
export class LaneMaps {
  private readonly health: RuntimeMap;
  private readonly sessions: RuntimeMap;

  constructor(api: RuntimeApi) {
    this.health = new RuntimeMap(api, INSIDE.health);
    this.sessions = new RuntimeMap(api, INSIDE.sessions);
  }

  /** Writes what is missing or other. Returns how many sessions would have led nowhere. */
  async tell(declared: DeclaredServers): Promise<number> {
    const [missing] = await Promise.all([this.tellSessions(declared), this.tellPaths(declared)]);
    return missing;
  }

  /** The place of a server that is gone; nothing when its name stands elsewhere by now. */
  async forget(backend: string, server: string): Promise<void> {
    const session = sessionOf(server);
    if ((await this.sessions.get(session)) === `${backend}/${server}`) await this.sessions.delete(session);
  }

  private async tellPaths({ backends }: DeclaredServers): Promise<void> {
    for (const [backend, servers] of Object.entries(backends)) {
      const path = servers[0]?.healthPath;
      if (path !== undefined) await this.health.set(backend, path);
    }
  }

  private async tellSessions(declared: DeclaredServers): Promise<number> {
    const present = await this.sessions.entries();
    const missing = sessionEntries(declared).filter(([session, seat]) => present.get(session) !== seat);
    for (const [session, seat] of missing) await this.sessions.set(session, seat);
    return missing.length;
  }
}
