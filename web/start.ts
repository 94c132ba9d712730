import { randomBytes } from 'node:crypto';
import type { Engine } from '../engine/engine';
import type { Logger } from '../engine/ports/logger';
import { anchorFile } from '../engine/store/anchor-file';
import { createFeed } from './events/feed';
import { RunLooks } from './events/run-looks';
import { createTrafficFeed } from './events/traffic-feed';
import { startRefsLoop } from './git/refs-loop';
import { startHealthMonitor } from './health/monitor';
import { startHooksLoop } from './hooks/follow-loop';
import { Turns } from './hooks/turns';
import { openSessions } from './identity/session';
import { shellServer } from './instances/shell';
import { HOOK_BODIES_MAX } from './limits';
import { openListener } from './listener/listener';
import { LogReader } from './logs/reader';
import { createMetrics } from './metrics';
import type { WebOptions, WebParts } from './parts';
import { createServer } from './server';

export interface Web {
  /** Where this machine reaches it; what people call may be another address. */
  readonly url: string;
  readonly port: number;
  /** Stops accepting, ends streams, lets requests finish for at most `DRAIN_MS`. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Listens, and begins to look for pushes that were missed.
 * @throws GantryError `port-in-use`, `cannot-listen`, `tls-certificate`.
 */
export async function startWeb(engine: Engine, log: Logger, options: WebOptions, installation: string): Promise<Web> {
  const secret = await engine.store.secret('session');
  const listener = await openListener(options, log);
  const url = `${listener.scheme}://${urlHost(options.listen.host)}:${listener.port}`;
  const stopping = new AbortController();
  const parts: WebParts = {
    engine,
    log,
    options,
    installation,
    url: options.publicUrl ?? url,
    hook: { host: loopback(options.listen.host), port: listener.port, secret: randomBytes(32).toString('hex') },
    followHooks: () => hooks.wake(),
    hookTurns: new Turns(HOOK_BODIES_MAX),
    auditTurns: new Turns(1),
    feed: createFeed(engine, log),
    runs: new RunLooks(engine),
    logs: new LogReader(engine, log),
    traffic: createTrafficFeed(engine, log),
    sessions: openSessions(secret, () => engine.parts.clock.now()),
    metrics: createMetrics(engine, options.version),
    health: startHealthMonitor(() => parts),
    anchors: anchorFile(options.anchors),
    stopping: stopping.signal,
  };
  const hooks = startHooksLoop(parts);
  const answer = createServer(parts).callback();
  listener.serve((request, response) => void answer(request, response));
  listener.onUpgrade(shellServer(parts));
  const refs = startRefsLoop(parts);
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    stopping.abort();
    const drained = listener.drain();
    await Promise.all([refs.stop(), hooks.stop()]);
    await drained;
    parts.feed.close();
    parts.health.stop();
    parts.logs.close();
    parts.traffic.close();
  };
  return {
    url,
    port: listener.port,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

const ANY_ADDRESS = ['0.0.0.0', '::'];
/** Where a process on this machine reaches what listens on `host`. */
const loopback = (host: string): string => (ANY_ADDRESS.includes(host) ? '127.0.0.1' : host);
const urlHost = (host: string): string => (loopback(host).includes(':') ? `[${loopback(host)}]` : loopback(host));
