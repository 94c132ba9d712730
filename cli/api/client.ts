import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { WebSocket } from 'ws';
import { CommandError, EXIT, type ExitCode, failure } from '../errors';
import { harmless } from '../output';
import type { Address } from './address';
import { isDistrust, transportTo } from './transport';

const API = '/api/v1';
const UNAVAILABLE = 503;

/** How long a plain answer may take. Streams have no limit of their own: they carry heartbeats. */
const ANSWER_MS = 30_000;
/** A stream that is silent for longer than this is lost: heartbeats come every 15 s. */
const STREAM_SILENCE_MS = 45_000;

export interface StreamOptions {
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** It may be silent for as long as it likes: nothing beats in it. */
  patient?: true;
}

interface Call {
  body?: object;
  /** Answers that are read like a success. */
  also?: readonly number[];
  silenceMs?: number;
}

/** The HTTP API, with errors in the words of the command line. */
export class Client {
  private transport: ReturnType<typeof transportTo> | undefined;

  constructor(
    readonly address: Address,
    /** Text is made harmless for terminals unless it goes to a program. */
    private readonly options: { exact: boolean },
  ) {}

  /** @param silenceMs how long the answer may take, when it is more than usual */
  get<T>(path: string, silenceMs = ANSWER_MS): Promise<T> {
    return this.call<T>('GET', `${API}${path}`, { silenceMs });
  }

  post<T>(path: string, body: object): Promise<T> {
    return this.call<T>('POST', `${API}${path}`, { body });
  }

  /** Sends a file as it is; it may take as long as bytes go on flowing. */
  upload<T>(path: string, file: Upload): Promise<T> {
    return this.call<T>('POST', `${API}${path}`, { body: file });
  }

  /** An answer that is read piece by piece: events, logs. @throws CommandError when it is no success. */
  async stream(path: string, options: StreamOptions = {}): Promise<IncomingMessage> {
    const response = await this.send(
      'GET',
      `${API}${path}`,
      undefined,
      options.patient === true ? 0 : STREAM_SILENCE_MS,
      options,
    );
    if ((response.statusCode ?? 0) >= 300) throw this.refusal(response, await textOf(response));
    return response;
  }

  /** A conversation both ways; nothing is sent yet. Say what comes of it to `explained`. */
  socket(path: string): WebSocket {
    const { url, token } = this.address;
    this.transport ??= transportTo(this.address);
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${API}${path}`, { ...this.transport.options, headers });
    socket.once('unexpected-response', (_asked, response) => {
      textOf(response).then(
        (text) => socket.emit('error', this.refusal(response, text)),
        (error: unknown) => socket.emit('error', error),
      );
    });
    return socket;
  }

  /** Errors of a conversation in the words of the command line. */
  async explained<T>(talk: Promise<T>): Promise<T> {
    try {
      return await talk;
    } catch (error) {
      throw error instanceof CommandError ? error : this.silence(error);
    }
  }

  /** What stands outside of the versioned API: its description, and health, which also tells when it says no. */
  getOutside<T>(path: '/api/openapi.json' | '/health'): Promise<T> {
    return this.call<T>('GET', path, { also: path === '/health' ? [UNAVAILABLE] : [] });
  }

  private async call<T>(method: string, path: string, { body, also = [], silenceMs = ANSWER_MS }: Call): Promise<T> {
    try {
      const response = await this.send(method, path, body, silenceMs);
      const text = await textOf(response);
      const status = response.statusCode ?? 0;
      if (status >= 300 && !also.includes(status)) throw this.refusal(response, text);
      return this.read<T>(text);
    } catch (error) {
      throw error instanceof CommandError ? error : this.silence(error);
    }
  }

  private read<T>(text: string): T {
    try {
      return JSON.parse(text, this.options.exact ? undefined : withoutControl) as T;
    } catch (error) {
      throw failure(
        'no-gantry',
        `what answers at ${this.address.url} is not Gantry`,
        'name another address: --url URL',
        {
          cause: error,
        },
      );
    }
  }

  private send(
    method: string,
    path: string,
    body: object | Upload | undefined,
    silenceMs: number,
    { headers = {}, signal }: StreamOptions = {},
  ): Promise<IncomingMessage> {
    const { url, token } = this.address;
    const content = contentOf(body);
    this.transport ??= transportTo(this.address);
    const { request, options } = this.transport;
    return new Promise((resolve, reject) => {
      const asked = request(
        `${url}${path}`,
        {
          ...options,
          method,
          headers: {
            accept: 'application/json',
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...content.headers,
            ...headers,
          },
          timeout: silenceMs,
          ...(signal === undefined ? {} : { signal }),
        },
        resolve,
      );
      asked.on('timeout', () => asked.destroy(new Error(`no answer within ${silenceMs / 1000} s`)));
      asked.on('error', (error) => reject(this.silence(error)));
      if (content.stream === undefined) asked.end(content.text);
      // What breaks off is told by the request itself; a file that cannot be read breaks the request off.
      else content.stream.on('error', (error) => asked.destroy(error)).pipe(asked);
    });
  }

  private silence(cause: unknown): CommandError {
    const code = (cause as NodeJS.ErrnoException).code;
    if (isDistrust(cause)) {
      const message = `the certificate of ${this.address.url} is not trusted here (${code})`;
      const next = 'on its machine: gantry tls trust; then here: GANTRY_CA=FILE';
      return new CommandError(EXIT.failed, 'tls-untrusted', message, next, { cause });
    }
    const why = code === 'ECONNREFUSED' || code === undefined ? '' : ` (${code})`;
    const message = `Gantry does not answer at ${this.address.url}${why}`;
    return new CommandError(EXIT.silent, 'silent', message, 'start it with: ./gantry up', { cause });
  }

  private refusal(response: IncomingMessage, text: string): CommandError {
    const status = response.statusCode ?? 0;
    const { code = `http-${status}`, message, next = '' } = errorIn(text);
    if (message === undefined && status !== 401 && status !== 403) {
      const reason = `${this.address.url} answered with HTTP ${status}, which Gantry explains and this does not`;
      return failure(code, reason, 'name the address of Gantry: --url URL');
    }
    const exit: ExitCode = status === 401 || status === 403 ? EXIT.denied : EXIT.failed;
    if (status === 401) return this.tokenError(code);
    return new CommandError(exit, code, harmless(message ?? 'you may not do this'), harmless(next));
  }

  private tokenError(code: string): CommandError {
    if (this.address.token === undefined) {
      const reason = `Gantry at ${this.address.url} wants a token, and none is known here`;
      const next = 'sign in: gantry login; or give one: --token TOKEN, or the variable GANTRY_TOKEN';
      return new CommandError(EXIT.denied, code, reason, next);
    }
    if (this.address.signedIn === true) {
      const reason = `your session at ${this.address.url} has ended`;
      return new CommandError(EXIT.denied, code, reason, 'sign in again: gantry login; or forget it: gantry logout');
    }
    const reason = `Gantry at ${this.address.url} does not know this token`;
    return new CommandError(
      EXIT.denied,
      code,
      reason,
      'give the right one: --token TOKEN, or the variable GANTRY_TOKEN',
    );
  }
}

/** A file that is sent as it is. */
export interface Upload {
  stream: Readable;
  /** Bytes. */
  size: number;
}

interface Content {
  headers: Record<string, string | number>;
  text?: string;
  stream?: Readable;
}

function contentOf(body: object | Upload | undefined): Content {
  if (body === undefined) return { headers: {} };
  if ('stream' in body) {
    return {
      headers: { 'content-type': 'application/octet-stream', 'content-length': body.size },
      stream: body.stream,
    };
  }
  const text = JSON.stringify(body);
  return { headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }, text };
}

/** A limit for what is read at once; lists of the API are far smaller. */
const TEXT_MAX = 32 * 1024 * 1024;

/** All of an answer as text. */
export async function textOf(response: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response) {
    size += piece.length;
    if (size > TEXT_MAX) throw failure('too-large', `the answer is larger than ${TEXT_MAX / 1024 / 1024} MiB`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function errorIn(text: string): { code?: string; message?: string; next?: string } {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: string; message?: string; next?: string } };
    return typeof error === 'object' && error !== null ? error : {};
  } catch {
    // Not from Gantry's API: a proxy, another server. The caller says so.
    return {};
  }
}

const withoutControl = (_key: string, value: unknown): unknown => (typeof value === 'string' ? harmless(value) : value);

/** A path of the API with its parts encoded: path`/apps/${app}/runs`. */
export function path(strings: TemplateStringsArray, ...values: (string | number)[]): string {
  return strings.reduce((whole, part, index) => whole + encodeURIComponent(String(values[index - 1])) + part);
}
