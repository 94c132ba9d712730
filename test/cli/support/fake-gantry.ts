import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Run, RunSummary, Step } from '../../../cli/api/types';

export const TOKEN = 'gantry_test';

export interface Asked {
  method: string;
  path: string;
  body: unknown;
  /** The body as it came. */
  text: string;
  token: string | undefined;
  lastEventId: string | undefined;
}

type Answer = (asked: Asked, response: ServerResponse) => unknown;

/** A server with answers by `METHOD /path`; the answer is what the function returns, unless it answered itself. */
export class FakeGantry {
  url = '';
  readonly asked: Asked[] = [];
  private readonly answers = new Map<string, Answer>([['GET /health', () => ({ ready: true, parts: [] })]]);
  private readonly server: Server = createServer((request, response) => void this.answer(request, response));

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get environment(): NodeJS.ProcessEnv {
    return { GANTRY_URL: this.url, GANTRY_TOKEN: TOKEN };
  }

  on(route: string, answer: Answer): this {
    this.answers.set(route, answer);
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const piece of request) text += piece;
    const asked: Asked = {
      method: request.method ?? '',
      path: (request.url ?? '').replace('/api/v1', ''),
      body: request.headers['content-type'] === 'application/json' && text !== '' ? JSON.parse(text) : undefined,
      text,
      token: request.headers.authorization?.replace('Bearer ', ''),
      lastEventId: request.headers['last-event-id'] as string | undefined,
    };
    this.asked.push(asked);
    if (asked.token !== TOKEN) return refuse(response, 401, 'token', 'a valid token is needed', '');
    const answer = this.answers.get(`${asked.method} ${asked.path}`);
    if (answer === undefined) return refuse(response, 404, 'unknown', `there is no ${asked.path}`, 'look again');
    const value = answer(asked, response);
    if (value !== undefined) response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  }
}

export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  next: string,
): undefined {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { code, message, next } }));
}

/** Sends events and, unless told otherwise, ends. */
export function sendEvents(response: ServerResponse, ids: readonly number[], last: 'end' | 'cut' | 'open'): undefined {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(': heartbeat\n\n');
  for (const id of ids) response.write(`id: ${id}\nevent: step\ndata: {"n":${id}}\n\n`);
  if (last === 'end') response.end('event: end\ndata: {}\n\n');
  if (last === 'cut') response.write('event: step\n', () => response.destroy());
}

export function aRun(changes: Partial<Run> = {}): Run {
  const summary: RunSummary = {
    app: 'shop',
    number: 3,
    id: 'run-3',
    trigger: 'push',
    ref: 'refs/heads/main',
    commit: '14072ffc5f5fa8eebc9cb87ddc659e1980172cd2',
    title: 'new prices',
    author: 'ann',
    startedBy: 'owner',
    state: 'running',
    reason: '',
    createdAt: 1_000,
    startedAt: 1_000,
    endedAt: null,
    release: 2,
    url: 'http://web/apps/shop/runs/3',
  };
  return {
    ...summary,
    steps: [],
    stages: [],
    approvals: [],
    waitsFor: '',
    undoes: null,
    restarts: null,
    releaseHash: null,
    ...changes,
  };
}

export function aStep(name: string, changes: Partial<Step> = {}): Step {
  return {
    name,
    kind: 'deliver',
    stage: 'test',
    verb: 'run',
    state: 'succeeded',
    reason: '',
    attempt: 1,
    startedAt: 1_000,
    endedAt: 3_100,
    output: null,
    undoneBy: null,
    ...changes,
  };
}
