import type { Engine } from '../../engine/engine';
import { messageOf } from '../../engine/model/errors';
import type { World } from '../world';
import { endWarm } from './end-warm';

/** One control loop: what it mends, how often, under a term of its own. */
interface Loop {
  name: string;
  everyMs: number;
  turn(): Promise<void>;
}

/**
 * Starts the loops that compare the world with SQL. Each runs in one runner at a time (a term), and one turn at a
 * time. Returns what stops them and waits for the turns under way.
 */
export function startLoops(engine: Engine, world: World, holder: string): () => Promise<void> {
  const { log } = engine.parts;
  const loops: Loop[] = [
    { name: 'gateway', everyMs: 5_000, turn: () => compareGateway(engine, world) },
    { name: 'warm', everyMs: 5_000, turn: () => endWarm(engine, world) },
  ];
  const stops = loops.map((loop) => startLoop(engine, loop, `${loop.name}/${world.cluster.name}`, holder, log));
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

function startLoop(
  engine: Engine,
  loop: Loop,
  term: string,
  holder: string,
  log: Engine['parts']['log'],
): () => Promise<void> {
  let busy: Promise<void> | undefined;
  let trouble = '';
  const turn = async (): Promise<void> => {
    try {
      if ((await engine.terms.hold(term, holder)) === undefined) return;
      await loop.turn();
      if (trouble !== '') log.info({ loop: loop.name }, 'a control loop works again');
      trouble = '';
    } catch (error) {
      // Said once per kind of trouble: a loop that fails every five seconds must not fill the log.
      if (messageOf(error) !== trouble) log.warn({ loop: loop.name, error: messageOf(error) }, 'a control loop failed');
      trouble = messageOf(error);
    }
  };
  const begin = (): void => {
    busy ??= turn().finally(() => {
      busy = undefined;
    });
  };
  const timer = setInterval(begin, loop.everyMs);
  begin();
  return async () => {
    clearInterval(timer);
    await busy;
  };
}

/** Makes the gateway equal to SQL: after it was killed, after its files were lost, after a half-applied switch. */
async function compareGateway(engine: Engine, world: World): Promise<void> {
  const environments = await engine.environments.list();
  if (environments.length === 0) return; // nothing was ever delivered: no gateway is wanted yet
  await noteAddresses(engine, world);
  const mended = await world.gateway.converge(() => engine.environments.desiredSlots(world.cluster.name));
  for (const sentence of mended) engine.parts.log.warn({ loop: 'gateway' }, sentence);
  for (const environment of await engine.environments.list()) {
    if (environment.confirmedVersion >= environment.version) continue;
    const route = await world.gateway.readRoute(environment.host);
    if (route !== undefined && route.version === environment.version) await engine.environments.confirm(environment);
  }
}

/** A container that Docker restarted may have another address; SQL must know before the gateway is compared with it. */
async function noteAddresses(engine: Engine, world: World): Promise<void> {
  const seen = new Map((await world.cluster.listInstances()).map((instance) => [instance.name, instance]));
  for (const instance of await engine.instances.list()) {
    const now = seen.get(instance.name);
    if (instance.state !== 'serving' || now === undefined || !now.running) continue;
    if (now.address === instance.address || now.address === '') continue;
    await engine.instances.move(instance.name, { state: 'serving', container: now.id, address: now.address });
    engine.parts.log.warn({ instance: instance.name, address: now.address }, 'an instance has another address now');
  }
}
