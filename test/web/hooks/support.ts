import type { House } from '../support/house';

export interface HookItem {
  delivery: string;
  forge: string;
  event: string;
  ref: string;
  outcome: string;
  reason: string;
  attempts: number;
  run: number | null;
}

export interface RunItem {
  number: number;
  commit: string;
  ref: string;
  startedBy: string;
}

/** An app that is connected, seen through the API as people and forges see it. */
export class ConnectedApp {
  private constructor(
    private readonly house: House,
    readonly secret: string,
    private readonly name: string,
  ) {}

  static async make(house: House, url: string, token?: string, name = 'storefront'): Promise<ConnectedApp> {
    await house.post('/api/v1/apps', { name });
    const answer = await house.post(`/api/v1/apps/${name}/source`, {
      url,
      ...(token === undefined ? {} : { token }),
    });
    const { secret } = (await answer.json()) as { secret: string };
    return new ConnectedApp(house, secret, name);
  }

  call(forge: string, headers: Record<string, string>, body: Buffer, app = this.name): Promise<Response> {
    return this.house.ask(`/hooks/${app}/${forge}`, {
      as: 'nobody',
      method: 'POST',
      headers,
      body: new Uint8Array(body),
    });
  }

  async hooks(): Promise<HookItem[]> {
    return (await this.house.json<{ items: HookItem[] }>(`/api/v1/apps/${this.name}/hooks`)).items;
  }

  async runs(): Promise<RunItem[]> {
    return (await this.house.json<{ items: RunItem[] }>(`/api/v1/apps/${this.name}/runs`)).items;
  }

  /** No hook waits any more. */
  async isQuiet(): Promise<boolean> {
    return (await this.hooks()).every(({ outcome }) => outcome !== 'pending');
  }
}
