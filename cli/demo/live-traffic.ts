import http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Visitor, Visits } from './visits';

/** Each visitor asks two questions per round: which version, and a page. */
const VISITORS = 12;
/** Together about 100 requests per second. */
const ROUND_MS = 240;
/** Every third comes over a new connection and without an id each time; the others keep both. */
const NEW_EVERY = 3;

const PAGES: Readonly<Record<string, readonly string[]>> = {
  storefront: ['/', '/slow'],
  ledger: ['/', '/entries'],
};

/** Visitors who come all the time, to all the apps, over kept and new connections. */
export class LiveTraffic {
  private running = false;
  private visitors: Promise<void>[] = [];

  constructor(
    private readonly visits: Visits,
    private readonly apps: readonly string[],
  ) {}

  /** @returns false when they come already */
  start(): boolean {
    if (this.running) return false;
    this.running = true;
    this.visitors = Array.from({ length: VISITORS }, (_, index) => this.visit(index));
    return true;
  }

  /** Resolves when the last answer is there. */
  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.visitors);
  }

  private async visit(index: number): Promise<void> {
    const stranger = index % NEW_EVERY === 0;
    const agents = this.apps.map(() => new http.Agent({ keepAlive: true, maxSockets: 1 }));
    const known = this.apps.map((): Visitor => ({ cookie: undefined, version: undefined }));
    await wait((index * ROUND_MS) / VISITORS);
    for (let round = index; this.running; round += 1) {
      const began = Date.now();
      const at = round % this.apps.length;
      const visitor = stranger ? { cookie: undefined, version: undefined } : (known[at] as Visitor);
      await this.look(this.apps[at] as string, round, visitor, stranger ? undefined : agents[at]);
      await wait(Math.max(0, ROUND_MS - (Date.now() - began)));
    }
    for (const agent of agents) agent.destroy();
  }

  private async look(app: string, round: number, visitor: Visitor, agent: http.Agent | undefined): Promise<void> {
    const asking = agent === undefined ? {} : { agent };
    const pages = PAGES[app] ?? ['/'];
    visitor.version = await this.visits.version(app, visitor, asking);
    await this.visits.page(app, pages[Math.floor(round / this.apps.length) % pages.length] as string, visitor, asking);
  }
}
