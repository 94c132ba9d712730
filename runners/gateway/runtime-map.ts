import { GatewayRefusedError } from './errors';
import type { RuntimeApi } from './runtime-api';

/** One of HAProxy's maps as the running process holds it. Keys and values contain no spaces. */
export class RuntimeMap {
  constructor(
    private readonly api: RuntimeApi,
    /** Path of the map's file inside the container, which is also its name. */
    private readonly map: string,
  ) {}

  /** One write: requests see the old value or the new one. */
  async set(key: string, value: string): Promise<void> {
    const answer = await this.api.execute(`set map ${this.map} ${key} ${value}`);
    if (answer === '') return;
    if (!/not found/i.test(answer)) throw new GatewayRefusedError(`set map ${this.map} ${key}`, answer);
    await this.api.command(`add map ${this.map} ${key} ${value}`);
  }

  async get(key: string): Promise<string | undefined> {
    const answer = await this.api.execute(`get map ${this.map} ${key}`);
    return /found=yes.*value="([^"]*)"/.exec(answer)?.[1];
  }

  /** Removes the entry; nothing when there is none. */
  async delete(key: string): Promise<void> {
    await this.api.command(`del map ${this.map} ${key}`, /not found/i);
  }

  /** Adds entries that are not there yet, and removes others, many in one command. */
  async addAll(entries: readonly (readonly [key: string, value: string])[]): Promise<void> {
    for (const lines of chunks(
      entries.map(([key, value]) => `${key} ${value}`),
      '\n',
    )) {
      await this.api.command(`add map ${this.map} <<\n${lines}\n`);
    }
  }

  async deleteAll(keys: readonly string[]): Promise<void> {
    for (const commands of chunks(
      keys.map((key) => `del map ${this.map} ${key}`),
      '; ',
    )) {
      await this.api.command(commands, /not found/i);
    }
  }

  async entries(): Promise<Map<string, string>> {
    const entries = new Map<string, string>();
    for (const line of (await this.api.execute(`show map ${this.map}`)).split('\n')) {
      const [, key, value] = line.split(' ');
      if (key !== undefined && value !== undefined) entries.set(key, value);
    }
    return entries;
  }
}

/** A command fits into HAProxy's buffer (16 KiB) as a whole or not at all. */
const COMMAND_MAX = 8 * 1024;

function chunks(pieces: readonly string[], mark: string): string[] {
  const made: string[] = [];
  for (const piece of pieces) {
    const last = made.at(-1);
    if (last === undefined || last.length + piece.length > COMMAND_MAX) made.push(piece);
    else made[made.length - 1] = last + mark + piece;
  }
  return made;
}
