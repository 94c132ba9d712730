import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const LOOK_AGAIN_MS = 300;

/**
 * Runs `work` while no other process of this machine does work of the same name. The lock is an address in the kernel's
 * abstract socket namespace: it vanishes with its process, so a killed build never leaves one behind.
 * @param onWait called when another process holds the lock
 */
export async function withBuildLock<T>(name: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const server = createServer();
  for (let taken = false; !taken; ) {
    server.listen(`\0gantry-${name}`);
    taken = await once(server, 'listening').then(() => true, refusedAsInUse);
    if (!taken) {
      onWait();
      await wait(LOOK_AGAIN_MS);
    }
  }
  try {
    return await work();
  } finally {
    server.close();
  }
}

function refusedAsInUse(error: NodeJS.ErrnoException): false {
  if (error.code === 'EADDRINUSE') {
    return false;
  }
  throw error;
}
