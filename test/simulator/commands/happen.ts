import { assertNever } from '../../../engine/model/errors';
import type { History } from '../history';
import { quiet } from '../timers';
import type { Happening } from './command';

type Of<Name extends Happening['do']> = Extract<Happening, { do: Name }>;

/** What nobody asked for. */
export async function happen(history: History, command: Happening): Promise<void> {
  await change(history, command);
  await quiet();
}

function change(history: History, command: Happening): Promise<void> | void {
  const { outside, disk } = history;
  switch (command.do) {
    case 'clock':
      history.process(command.of).skew = command.ms;
      return;
    case 'disk':
      disk.full = command.how === 'full';
      return;
    case 'bell':
      return bell(history, command);
    case 'docker':
      return docker(history, command);
    case 'container':
      return container(history, command);
    case 'gateway':
      if (command.how === 'forgets') outside.gateway.forget();
      else outside.record.trouble.gateway = command.how === 'dies' ? 'dead' : 'fine';
      return;
    case 'flip':
      return (command.what === 'artifact' ? outside.bytes : outside.kept).damage(command.nth);
    case 'image':
      return outside.cluster.removeImage(command.nth);
    case 'visit':
      return visit(history, command);
    case 'calm':
      return calm(history);
    default:
      return assertNever(command);
  }
}

function bell({ outside: { queue } }: History, { how }: Of<'bell'>): void {
  if (how === 'up' || how === 'down') queue.down = how === 'down';
  else queue[how]();
}

function docker({ outside }: History, { how }: Of<'docker'>): void {
  if (how === 'restart') outside.cluster.restart();
  else if (how === 'hang') outside.record.trouble.docker = 'hangs';
  else outside.record.release();
}

function container({ outside }: History, { nth, how }: Of<'container'>): void {
  const instance = outside.cluster.nth(nth);
  if (instance === undefined) return;
  if (how === 'dies') instance.running = false;
  else instance.healthy = how === 'gets well';
}

function visit({ outside }: History, { app, lane, requests, failed }: Of<'visit'>): void {
  const route = [...outside.gateway.routes.values()].find(({ host }) => host.startsWith(`${app}.`));
  const met = route?.[lane];
  if (route !== undefined && met != null) outside.gateway.visit(route.slot, met, requests, Math.min(failed, requests));
}

/** Every fault ends. */
async function calm(history: History): Promise<void> {
  const { outside, disk, processes } = history;
  disk.full = false;
  outside.queue.down = false;
  outside.record.trouble.gateway = 'fine';
  outside.record.release();
  for (const process of processes.values()) {
    process.skew = 0;
    process.wake();
    await history.start(process.name);
  }
}
