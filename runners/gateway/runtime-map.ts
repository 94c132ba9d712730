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

  async entries(): Promise<Map<string, string>> {
    const entries = new Map<string, string>();
    for (const line of (await this.api.execute(`show map ${this.map}`)).split('\n')) {
      const [, key, value] = line.split(' ');
      if (key !== undefined && value !== undefined) entries.set(key, value);
    }
    return entries;
  }
}
