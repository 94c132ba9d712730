import { createHmac } from 'node:crypto';

const FORM = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
const PERIOD_MS = 30_000;

/** Somebody with a browser and an authenticator app. */
export class Person {
  private cookie = '';

  constructor(
    readonly name: string,
    /** Address of the pages, without a slash at its end. */
    private readonly url: string,
    private readonly stop: AbortSignal,
  ) {}

  /**
   * Opens an invitation, chooses the password, and sets up the second factor when it is asked for.
   * @returns the status of the last page, and whether a second factor was asked for
   */
  async accept(invitation: string, password: string): Promise<{ status: number; enrolled: boolean }> {
    const answer = await this.send(new URL(invitation).pathname, { password, again: password });
    const next = answer.headers.get('location');
    if (!next?.startsWith('/login/enrol')) return { status: answer.status, enrolled: false };
    const page = await (await this.ask(next)).text();
    const seed = (/<code>([A-Z2-7 ]+)<\/code>/.exec(page)?.[1] ?? '').replaceAll(' ', '');
    const code = oneTimeCode(fromBase32(seed), Date.now());
    const enrolled = await this.send('/login/enrol', { form: formIn(page), code, next: '/' });
    return { status: enrolled.status, enrolled: true };
  }

  /** Sends the form of a run's gate as its page shows it. @returns status and text of the answer */
  async decide(
    app: string,
    run: number,
    vote: 'yes' | 'no',
    reason: string,
  ): Promise<{ status: number; text: string }> {
    const address = `/apps/${app}/runs/${run}`;
    const page = await (await this.ask(address)).text();
    const fields = { form: formIn(page), step: fieldIn(page, 'step'), boundHash: fieldIn(page, 'boundHash') };
    const answer = await this.send(`${address}/decide`, { ...fields, vote, reason });
    return { status: answer.status, text: textOf(await answer.text()) };
  }

  private send(path: string, fields: Record<string, string>): Promise<Response> {
    return this.ask(path, { method: 'POST', headers: FORM, body: new URLSearchParams(fields).toString() });
  }

  private async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...(init.headers as Record<string, string>), cookie: this.cookie };
    const answer = await fetch(`${this.url}${path}`, { ...init, headers, redirect: 'manual', signal: this.stop });
    const set = answer.headers.get('set-cookie')?.split(';')[0];
    if (set !== undefined) this.cookie = set;
    return answer;
  }
}

const formIn = (page: string): string => fieldIn(page, 'form');
const fieldIn = (page: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? '';

/** What a page says, without its markup. */
const textOf = (page: string): string =>
  page
    .replace(/<(style|script)[^>]*>.*?<\/\1>/gs, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#x27;/g, "'")
    .replace(/\s+/g, ' ')
    .trim();

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648, 6. */
function fromBase32(text: string): Buffer {
  const bits = [...text].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/[01]{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** What an authenticator app shows: RFC 6238 with SHA-1, six digits, 30 s. @param at ms UTC */
export function oneTimeCode(seed: Uint8Array, at: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / PERIOD_MS)));
  const digest = createHmac('sha1', seed).update(counter).digest();
  const offset = digest.readUInt8(digest.length - 1) & 0x0f;
  return String((digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}
