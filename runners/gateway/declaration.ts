import type { GatewayServer } from '../../engine/ports/gateway';
import { allEnded } from '../all-ended';
import { renderConfiguration, renderHealthMap, renderSessionMap, VISITORS } from './configuration';
import type { DeclaredServers, GatewayFiles } from './gateway-files';
import { SLOT_STEP } from './names';

/** The slots and servers that the gateway has been told of, with the files that follow. Callers hold the folder's lock. */
export class Declaration {
  /** Slots that were declared when somebody last looked; there are never fewer. */
  knownSlots = 0;

  /** @param least slots declared from the start */
  constructor(
    private readonly files: GatewayFiles,
    private readonly least = SLOT_STEP,
  ) {}

  async read(): Promise<DeclaredServers> {
    const least = Math.max(SLOT_STEP, this.least);
    const { slots, backends } = (await this.files.readServers()) ?? { slots: least, backends: {} };
    this.knownSlots = Math.max(slots, least);
    return { slots: this.knownSlots, backends };
  }

  /** What the configuration names comes before it: a gateway that starts after a crash in between finds all of it. */
  async write(declared: DeclaredServers): Promise<void> {
    await this.files.writeServers(declared);
    await allEnded([
      this.files.write('health.map', renderHealthMap(declared)),
      this.files.write('sessions.map', renderSessionMap(declared)),
      this.files.write('visitors.lua', VISITORS),
    ]);
    await this.files.write('haproxy.cfg', renderConfiguration(declared));
  }

  /** Adds servers to a backend; one of the same name is replaced. @returns all that is declared now */
  async add(backend: string, servers: readonly GatewayServer[]): Promise<DeclaredServers> {
    const { slots, backends } = await this.read();
    const byName = new Map([...(backends[backend] ?? []), ...servers].map((server) => [server.name, server]));
    const declared = { slots, backends: { ...backends, [backend]: [...byName.values()] } };
    await this.write(declared);
    return declared;
  }

  async remove(backend: string, names: readonly string[]): Promise<void> {
    const { slots, backends } = await this.read();
    const { [backend]: before = [], ...others } = backends;
    const staying = before.filter((server) => !names.includes(server.name));
    await this.write({ slots, backends: staying.length > 0 ? { ...others, [backend]: staying } : others });
  }

  async has(backend: string, name: string): Promise<boolean> {
    return ((await this.read()).backends[backend] ?? []).some((server) => server.name === name);
  }
}
