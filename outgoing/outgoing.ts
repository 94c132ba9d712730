import { networkInterfaces } from 'node:os';
import { type Dispatcher, request } from 'undici';
import { GantryError, messageOf } from '../engine/model/errors';
import { isAllowed, judgeOf } from './address';
import { authorities, directAgent, proxyAgent } from './dispatchers';
import { readAnswer } from './read-answer';
import { callable, machineResolver, type Resolver, type Rule } from './resolve';
import { readTarget, type Target } from './target';

export interface OutgoingOptions {
  /** Addresses and networks that are called although they are not public: `10.1.0.0/16`. */
  allow: readonly string[];
  /** Default: the machine's own. */
  resolver?: Resolver;
  /** PEM file with authorities beside the machine's. */
  caBundle?: string;
  /** `http://proxy.example.org:3128`: everything that is not on the allow-list goes through it. */
  proxy?: string;
}

export interface OutgoingRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  /** From the first look at the name to the last byte of the answer. Default: 10 s. */
  timeoutMs?: number;
  /** Of the answer's body. Default: 1 MiB. */
  maxBytes?: number;
}

export interface OutgoingAnswer {
  status: number;
  /** Lower case; the first value of each. */
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

/**
 * The one client for calls to addresses that somebody typed. It calls public addresses and those of the allow-list,
 * never this machine or its network; follows no redirect (a 3xx is an answer); ends by its time and size limits.
 */
export interface Outgoing {
  /** @throws GantryError `outgoing-url`, `outgoing-refused`, `outgoing-unresolved`, `outgoing-timeout`, `outgoing-failed`, `outgoing-too-large`. */
  fetch(url: string, asked?: OutgoingRequest): Promise<OutgoingAnswer>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 10_000;
const ANSWER_MAX_BYTES = 1024 * 1024;

/** @throws Error when the CA bundle cannot be read. */
export function createOutgoing({ caBundle, proxy, ...options }: OutgoingOptions): Outgoing {
  const rule = ruleOf(options);
  const ca = authorities(caBundle);
  const direct = directAgent(rule, ca);
  const proxied = proxy === undefined ? undefined : proxyAgent(proxy, ca);
  return {
    fetch: async (text, asked = {}) => {
      const target = readTarget(text);
      const signal = AbortSignal.timeout(asked.timeoutMs ?? TIMEOUT_MS);
      try {
        const dispatcher = proxied !== undefined && (await goesByProxy(rule, target)) ? proxied : direct;
        return await call(dispatcher, target, asked, signal);
      } catch (error) {
        throw error instanceof GantryError ? error : failed(target, error, signal, asked.timeoutMs ?? TIMEOUT_MS);
      }
    },
    close: async () => {
      await Promise.all([direct.destroy(), proxied?.destroy()]);
    },
  };
}

/** What may be called. */
export const ruleOf = ({ allow, resolver }: Pick<OutgoingOptions, 'allow' | 'resolver'>): Rule => ({
  allow,
  judge: judgeOf(allow, ownAddresses),
  resolve: resolver ?? machineResolver,
});

/** A name that only the proxy knows is the proxy's to judge; one that leads inside is refused here already. */
export async function goesByProxy(rule: Rule, target: Target): Promise<boolean> {
  try {
    const addresses = await callable(rule, target);
    return !addresses.some((address) => isAllowed(rule.allow, address));
  } catch (error) {
    if (error instanceof GantryError && error.code === 'outgoing-unresolved') return true;
    throw error;
  }
}

async function call(
  dispatcher: Dispatcher,
  { url, host }: Target,
  { method = 'GET', headers = {}, body, maxBytes = ANSWER_MAX_BYTES }: OutgoingRequest,
  signal: AbortSignal,
): Promise<OutgoingAnswer> {
  const sent = { 'user-agent': 'gantry', ...headers };
  const answer = await request(url, { dispatcher, method, headers: sent, body: body ?? null, signal });
  return {
    status: answer.statusCode,
    headers: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, [value].flat()[0] ?? ''])),
    body: await readAnswer(answer.body, maxBytes, host),
  };
}

function failed({ host }: Target, error: unknown, signal: AbortSignal, timeoutMs: number): GantryError {
  const options = { cause: error };
  if (signal.aborted) {
    const message = `${host} did not answer within ${timeoutMs / 1000} s`;
    return new GantryError(
      'unavailable',
      'outgoing-timeout',
      message,
      'see whether it works, and whether a firewall is between',
      options,
    );
  }
  const message = `${host} could not be called: ${messageOf(error)}`;
  return new GantryError(
    'unavailable',
    'outgoing-failed',
    message,
    'see whether it works, and its certificate',
    options,
  );
}

const ownAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flat()
    .flatMap((entry) => entry?.address.replace(/%.*$/, '') ?? []);
