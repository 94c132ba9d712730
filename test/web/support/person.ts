import { Secret, TOTP } from 'otpauth';
import type { House } from './house';

const FORM = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
export const PASSWORD = 'plum tractor violet';

/** Time that a test moves by hand: codes of one period are taken once. */
export class HandClock {
  constructor(private at = Date.UTC(2026, 10, 30, 8)) {}
  readonly now = (): number => this.at;
  pass(ms: number): void {
    this.at += ms;
  }
}

/** Somebody with a browser and an authenticator app. */
export class Person {
  /** What the authenticator app has learned. */
  seed = '';
  recoveryCodes: string[] = [];
  private readonly cookies = new Map<string, string>();

  constructor(
    private readonly house: House,
    readonly name: string,
    private readonly clock: { now(): number },
  ) {}

  /** Somebody new with these roles for all apps, invited by the owner. */
  static async add(
    house: House,
    name: string,
    clock: { now(): number },
    roles: readonly string[] = [],
  ): Promise<Person> {
    await house.engine.users.add({ name, role: roles[0] }, 'user:owner');
    for (const role of roles.slice(1)) await house.engine.users.grant({ user: name, role }, 'user:owner');
    return new Person(house, name, clock);
  }

  /** Opens an invitation, chooses the password, and sets up the second factor when it is asked for. */
  async accept(secret: string, password = PASSWORD): Promise<Response> {
    const answer = await this.send(`/invitation/${secret}`, { password, again: password });
    return answer.headers.get('location')?.startsWith('/login/enrol') ? this.enrol() : answer;
  }

  async enrol(path = '/login/enrol'): Promise<Response> {
    const page = await (await this.get(path)).text();
    this.seed = (/<code>([A-Z2-7 ]+)<\/code>/.exec(page)?.[1] ?? '').replaceAll(' ', '');
    const answer = await this.send(path, { form: formIn(page), code: this.code(), next: '/' });
    this.recoveryCodes = [...(await answer.clone().text()).matchAll(/<code>([a-z2-9]{5}-[a-z2-9]{5})<\/code>/g)].map(
      ([, code = '']) => code,
    );
    return answer;
  }

  code(): string {
    return new TOTP({ secret: Secret.fromBase32(this.seed) }).generate({ timestamp: this.clock.now() });
  }

  /** The first of two pages. */
  password(password = PASSWORD, next = '/'): Promise<Response> {
    this.cookies.clear();
    return this.send('/login', { name: this.name, password, next });
  }

  /** The second of two pages. */
  async showCode(code = this.code(), path = '/login/code'): Promise<Response> {
    const page = await (await this.get(path)).text();
    return this.send(path, { form: formIn(page), code, next: '/' });
  }

  get(path: string): Promise<Response> {
    return this.ask(path, { headers: { accept: 'text/html' } });
  }

  /** A form of a page, with its token unless `fields` has another. */
  async submit(page: string, path: string, fields: Record<string, string> = {}): Promise<Response> {
    const form = formIn(await (await this.get(page)).text());
    return this.send(path, { form, ...fields }, { referer: `${this.house.web.url}${page}` });
  }

  send(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
    return this.ask(path, {
      method: 'POST',
      headers: { ...FORM, ...headers, accept: 'text/html' },
      body: new URLSearchParams(fields).toString(),
    });
  }

  private async ask(path: string, init: RequestInit): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(init.headers as Record<string, string>), cookie };
    const answer = await this.house.ask(path, { ...init, as: 'nobody', headers });
    for (const set of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=');
      this.cookies.set(name, value);
    }
    return answer;
  }
}

const formIn = (page: string): string => /name="form" value="([^"]+)"/.exec(page)?.[1] ?? '';
