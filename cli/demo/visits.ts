import http from 'node:http';
import { type Answer, look, versionIn } from './look';

/** One who came without an id, and keeps the one that the gateway gave. */
export interface Visitor {
  /** `gantry_id=…`; undefined while there is nobody gray, since then nobody needs an id. */
  cookie: string | undefined;
  /** The version that answered first; undefined when the answer was none. */
  version: string | undefined;
}

export interface Failure {
  at: number;
  app: string;
  path: string;
  why: string;
}

/** So many failures are kept with their reasons; all are counted. */
const REASONS_KEPT = 20;
/** Visitors of a crowd that are there at once. */
const AT_ONCE = 16;

/**
 * Everybody who visits the apps while the demo goes on. Each answer is checked: whole, from the right app, of a version
 * that may serve now; nothing is asked twice. What a bad gray release answers is counted apart.
 */
export class Visits {
  requests = 0;
  failed = 0;
  /** Errors that were answered by a release that was bad on purpose, to those few who met it. */
  grayErrors = 0;
  readonly failures: Failure[] = [];
  /** When the last answer of this version began: `storefront 1.0.0`. */
  readonly lastAnswer = new Map<string, number>();
  /** When the last question was asked that this version answered. */
  readonly lastAsked = new Map<string, number>();
  /** When the first question was asked that this version answered; whoever wants to know from now on removes it. */
  readonly firstAsked = new Map<string, number>();
  readonly counts = new Map<string, number>();
  /** Versions whose errors are expected, per app. */
  private readonly bad = new Map<string, string>();

  constructor(
    private readonly gateway: { host: string; port: number },
    private readonly hostOf: (app: string) => string,
  ) {}

  expectBad(app: string, version: string): void {
    this.bad.set(app, version);
  }

  /** Asks which version answers. Undefined when there was no good answer, which is then counted as a failure. */
  async version(app: string, visitor: { cookie?: string | undefined }, more: Asking = {}): Promise<string | undefined> {
    const answer = await this.ask(app, '/version', visitor.cookie, more);
    if (visitor.cookie === undefined && answer.cookie !== undefined) visitor.cookie = answer.cookie;
    const said = versionIn(answer.body);
    if (answer.failure !== undefined || answer.status !== 200) {
      this.fail(app, '/version', answer.failure ?? `status ${answer.status}`);
      return undefined;
    }
    if (said?.app !== app) {
      this.fail(app, '/version', `the answer is not from ${app}: ${answer.body.slice(0, 80)}`);
      return undefined;
    }
    this.note(app, said.version, answer);
    return said.version;
  }

  /** What the test environment of an app answers; in words, when it does not. Not counted: it is not production. */
  async testVersion(host: string): Promise<string> {
    const answer = await look(this.gateway, { host, path: '/version' });
    return versionIn(answer.body)?.version ?? answer.failure ?? `status ${answer.status}`;
  }

  /** Asks for a page; an error is the bad gray release's own if that is who this visitor meets. */
  async page(app: string, path: string, visitor: Visitor, more: Asking = {}): Promise<void> {
    const answer = await this.ask(app, path, visitor.cookie, more);
    if (answer.failure === undefined && answer.status === 200) {
      if (path === '/' && !answer.body.includes(app)) this.fail(app, path, 'the page is of another app');
      return;
    }
    const bad = this.bad.get(app);
    const expected = bad !== undefined && answer.status >= 500 && answer.failure === undefined;
    if (expected && (visitor.version === bad || (await this.version(app, { ...visitor }, more)) === bad)) {
      this.grayErrors += 1;
    } else this.fail(app, path, answer.failure ?? `status ${answer.status}`);
  }

  /** So many visitors who were never here, one question each. */
  async crowd(app: string, size: number): Promise<Visitor[]> {
    const visitors = Array.from({ length: size }, (): Visitor => ({ cookie: undefined, version: undefined }));
    await eachOf(visitors, async (visitor) => {
      visitor.version = await this.version(app, visitor);
    });
    return visitors;
  }

  /** They all come again, with their ids, over kept connections. @returns what each of them met now */
  async again(app: string, visitors: readonly Visitor[]): Promise<(string | undefined)[]> {
    const met: (string | undefined)[] = [];
    const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
    await eachOf([...visitors.entries()], async ([index, visitor]) => {
      met[index] = await this.version(app, { ...visitor }, { agent });
    });
    agent.destroy();
    return met;
  }

  /** They all look at a page, so that there is something to judge. */
  async read(app: string, path: string, visitors: readonly Visitor[]): Promise<void> {
    const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
    await eachOf(visitors, (visitor) => this.page(app, path, { ...visitor }, { agent }));
    agent.destroy();
  }

  private ask(app: string, path: string, cookie: string | undefined, { headers, agent }: Asking): Promise<Answer> {
    this.requests += 1;
    return look(this.gateway, {
      host: this.hostOf(app),
      path,
      headers: { ...headers, ...(cookie === undefined ? {} : { cookie }) },
      ...(agent === undefined ? {} : { agent }),
    });
  }

  private note(app: string, version: string, answer: Answer): void {
    const key = `${app} ${version}`;
    this.lastAnswer.set(key, Math.max(this.lastAnswer.get(key) ?? 0, answer.beganAt));
    this.lastAsked.set(key, Math.max(this.lastAsked.get(key) ?? 0, answer.askedAt));
    this.firstAsked.set(key, Math.min(this.firstAsked.get(key) ?? Number.POSITIVE_INFINITY, answer.askedAt));
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  private fail(app: string, path: string, why: string): void {
    this.failed += 1;
    if (this.failures.length < REASONS_KEPT) this.failures.push({ at: Date.now(), app, path, why });
  }
}

export interface Asking {
  headers?: Record<string, string>;
  agent?: http.Agent;
}

async function eachOf<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const work = async (): Promise<void> => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
