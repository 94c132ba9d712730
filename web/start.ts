import { randomBytes } from 'node:crypto';
import type { Engine } from '../engine/engine';
import { messageOf } from '../engine/model/errors';
import { Turns } from '../engine/model/turns';
import type { Logger } from '../engine/ports/logger';
import { anchorFile } from '../engine/store/anchor-file';
import { createFeed } from './events/feed';
import { RunLooks } from './events/run-looks';
import { createTrafficFeed } from './events/traffic-feed';
import { startRefsLoop } from './git/refs-loop';
import { startHealthMonitor } from './health/monitor';
import { startExtrasLoop } from './hooks/extras-loop';
import { startHooksLoop } from './hooks/follow-loop';
import { startMissedLoop } from './hooks/missed-loop';
import { formTokens } from './identity/forms';
import { startProvider } from './identity/provider';
import { RefusalNotes } from './identity/refusal-notes';
import { Standing } from './identity/standing';
import { UseNotes } from './identity/use-notes';
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
  const signIn = startProvider(options, options.publicUrl ?? url);
  const stopping = new AbortController();
  const parts: WebParts = {
    engine,
    log,
    options,
    installation,
    url: options.publicUrl ?? url,
    hook: { host: loopback(options.listen.host), port: listener.port, secret: randomBytes(32).toString('hex') },
    followHooks: () => hooks.wake(),
    compareSources: () => missed.wake(),
    hookTurns: new Turns(HOOK_BODIES_MAX),
    auditTurns: new Turns(1),
    feed: createFeed(engine, log),
    runs: new RunLooks(engine),
    logs: new LogReader(engine, log),
    traffic: createTrafficFeed(engine, log),
    ...(signIn.provider === undefined ? {} : { provider: signIn.provider }),
    forms: formTokens(secret),
    useNotes: new UseNotes(engine, log),
    refusals: new RefusalNotes(engine, log),
    standing: new Standing(engine, log),
    metrics: createMetrics(engine, options.version),
    health: startHealthMonitor(() => parts),
    anchors: anchorFile(options.anchors),
    stopping: stopping.signal,
  };
  const hooks = startHooksLoop(parts);
  const answer = createServer(parts).callback();
  listener.serve((request, response) => void answer(request, response));
  listener.onUpgrade(shellServer(parts));
  engine.secrets.resumeRotation('rule:key-rotation').catch((error: unknown) => {
    log.error({ reason: messageOf(error) }, 'the change of the key that was cut off could not go on');
  });
  const refs = startRefsLoop(parts);
  const missed = startMissedLoop(parts);
  const extras = startExtrasLoop(parts);
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    stopping.abort();
    const drained = listener.drain();
    await Promise.all([refs.stop(), hooks.stop(), missed.stop(), extras.stop()]);
    await drained;
    parts.feed.close();
    parts.health.stop();
    await Promise.all([parts.useNotes.settle(), signIn.close()]);
    await parts.refusals.settle();
    parts.standing.close();
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
