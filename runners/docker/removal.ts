import { setTimeout as wait } from 'node:timers/promises';
import { type DockerClient, ignoring, renamed, within } from './client';

/** Beyond the grace: how long Docker itself may take to end a container and to delete its files. */
const STOP_MARGIN_MS = 30_000;
const REMOVE_TIMEOUT_MS = 60_000;
const GONE_POLL_MS = 50;

/** Asks the process to end, kills it after `graceMs`, removes the container and its anonymous volumes. Repeatable. */
export async function removeContainer(client: DockerClient, id: string, graceMs: number): Promise<void> {
  await renamed(client, `remove the container ${id.slice(0, 12)}`, stopAndRemove(client, id, graceMs));
}

async function stopAndRemove(client: DockerClient, id: string, graceMs: number): Promise<void> {
  const container = client.streams.getContainer(id);
  if (graceMs > 0) {
    const stop = { t: Math.ceil(graceMs / 1000), abortSignal: within(graceMs + STOP_MARGIN_MS) };
    await ignoring([304, 404], container.stop(stop));
  }
  const deadline = Date.now() + REMOVE_TIMEOUT_MS;
  const remove = { force: true, v: true, abortSignal: within(REMOVE_TIMEOUT_MS) };
  await ignoring([404, 409], container.remove(remove));
  // 409: somebody else removes it right now; gone is gone when Docker does not know it any more.
  while ((await ignoring([404], client.calls.getContainer(id).inspect())) !== undefined && Date.now() < deadline) {
    await wait(GONE_POLL_MS);
    await ignoring([404, 409], container.remove(remove));
  }
}
