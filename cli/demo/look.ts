import http from 'node:http';

/** What a visitor asks for. */
export interface Question {
  /** `storefront.localhost`. */
  host: string;
  path: string;
  headers?: Record<string, string>;
  /** A kept connection; without it each question has a connection of its own. */
  agent?: http.Agent;
}

/** What a visitor got: a whole answer, or the reason why there was none. */
export interface Answer {
  /** 0: no whole answer. */
  status: number;
  body: string;
  /** The id that the gateway gave to a visitor who had none: `gantry_id=…`. */
  cookie: string | undefined;
  /** Why there was no whole answer: a reset, a short body, silence. */
  failure: string | undefined;
  /** When the whole question was with the kernel; when it was to be sent, if that never was. ms since 1970. */
  askedAt: number;
  /** When the answer began, ms since 1970. */
  beganAt: number;
}

const SILENCE_MS = 10_000;

/** Asks the gateway once, and nothing is asked twice. Never rejects. */
export function look(gateway: { host: string; port: number }, question: Question): Promise<Answer> {
  const { host, path, headers = {}, agent } = question;
  let askedAt = Date.now();
  return new Promise((resolve) => {
    const fail = (failure: string): void =>
      resolve({ status: 0, body: '', cookie: undefined, failure, askedAt, beganAt: Date.now() });
    const asked = http.get(
      { ...gateway, path, headers: { ...headers, host }, agent: agent ?? false, timeout: SILENCE_MS },
      (response) => {
        const beganAt = Date.now();
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', (error) => fail(`the answer broke off: ${error.message}`));
        response.on('end', () => {
          const body = Buffer.concat(pieces);
          const promised = response.headers['content-length'];
          if (promised !== undefined && Number(promised) !== body.length) {
            return fail(`short body: ${body.length} of ${promised} bytes`);
          }
          const cookie = idIn(response.headers['set-cookie']);
          const status = response.statusCode ?? 0;
          return resolve({ status, body: body.toString('utf8'), cookie, failure: undefined, askedAt, beganAt });
        });
      },
    );
    asked.on('finish', () => {
      askedAt = Date.now();
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${SILENCE_MS / 1000} s`)));
    asked.on('error', (error) => fail(error.message));
  });
}

const idIn = (cookies: string[] | undefined): string | undefined =>
  cookies?.map((cookie) => /^gantry_id=[^;]+/.exec(cookie)?.[0]).find((id) => id !== undefined);

/** What `/version` of a fixture app says. */
export interface Version {
  app: string;
  version: string;
  /** `storefront-2`: the release that answers. */
  release: string | null;
}

/** Undefined when the body is not what `/version` of a fixture app says. */
export function versionIn(body: string): Version | undefined {
  try {
    const value = JSON.parse(body) as Partial<Version>;
    if (typeof value.app !== 'string' || typeof value.version !== 'string') return undefined;
    return { app: value.app, version: value.version, release: value.release ?? null };
  } catch {
    // An error page, or another app: the caller tells which.
    return undefined;
  }
}
