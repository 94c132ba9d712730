import type { Engine } from '../../engine/engine';
import { messageOf } from '../../engine/model/errors';
import type { SessionId } from '../../engine/model/ids';
import { SESSION_RENEW_MS } from '../../engine/model/session-limits';
import type { InstanceAccess } from '../../engine/ports/instance-access';
import { carrySession } from './carry';

/** How often a runner looks for sessions without being rung, ms. */
const LOOK_MS = 1_000;

export interface Sessions {
  running(): number;
  /** Takes no more, and ends those under way: their persons are told. */
  stop(): Promise<void>;
}

interface Carried {
  stop: AbortController;
  done: Promise<void>;
}

/** Takes the looks into instances of a cluster, carries them, and clears up after runners that are gone. */
export function startSessions(
  engine: Engine,
  { access, cluster }: { access: InstanceAccess; cluster: { readonly name: string } },
  owner: string,
): Sessions {
  const { log, exchange } = engine.parts;
  const carried = new Map<SessionId, Carried>();
  let stopped = false;
  let looking: Promise<void> | undefined;
  let trouble = '';

  const takeAll = async (): Promise<void> => {
    for (;;) {
      const session = stopped ? undefined : await engine.sessions.take(owner, cluster.name);
      if (session === undefined) return;
      const stop = new AbortController();
      const done = carrySession(engine, access, session, owner, stop.signal)
        .catch((error: unknown) => log.error({ session: session.id, error: messageOf(error) }, 'a session broke off'))
        .finally(() => carried.delete(session.id));
      carried.set(session.id, { stop, done });
    }
  };

  const clearUp = async (): Promise<void> => {
    for (const { id, kind, instance, state } of await engine.sessions.overdue(cluster.name)) {
      if (carried.has(id)) continue;
      const reason = state === 'asked' ? 'no runner took it' : 'its runner is gone';
      if (kind === 'shell') await access.sweep(instance, id);
      await engine.sessions.end(id, { exitCode: null, reason }, 'rule:session-lost');
    }
  };

  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      trouble = '';
    } catch (error) {
      // Said once per kind of trouble, as the control loops do.
      if (messageOf(error) !== trouble) log.warn({ error: messageOf(error) }, 'sessions could not be looked after');
      trouble = messageOf(error);
    }
  };

  const look = (): void => {
    looking ??= guarded(takeAll).finally(() => {
      looking = undefined;
    });
  };
  const keep = async (): Promise<void> => {
    const lost = await engine.sessions.renew(owner, [...carried.keys()]);
    for (const id of lost) carried.get(id)?.stop.abort('it was ended elsewhere');
    await clearUp();
  };
  exchange
    .listen(look)
    .catch((error: unknown) => log.warn({ error: messageOf(error) }, 'rings for sessions are not heard'));
  const timers = [setInterval(look, LOOK_MS), setInterval(() => void guarded(keep), SESSION_RENEW_MS)];
  look();
  void guarded(keep);

  return {
    running: () => carried.size,
    stop: async () => {
      stopped = true;
      for (const timer of timers) clearInterval(timer);
      await looking;
      for (const { stop } of carried.values()) stop.abort('Gantry is being stopped');
      await Promise.all([...carried.values()].map(({ done }) => done));
    },
  };
}
