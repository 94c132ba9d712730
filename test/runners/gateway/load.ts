import { Agent } from 'node:http';
import type { HaproxyHarness } from './haproxy-harness';

export interface LoadResult {
  requests: number;
  /** Requests with no answer, another status than 200, or a body that no instance wrote; each with its reason. */
  failures: string[];
}

/**
 * Keeps clients busy while `work` runs: most reuse their connection, every fourth opens a new one each time, every
 * tenth request takes the app 100 ms. Nothing is sent twice.
 */
export async function underLoad(harness: HaproxyHarness, host: string, work: () => Promise<void>): Promise<LoadResult> {
  const result: LoadResult = { requests: 0, failures: [] };
  let running = true;
  const client = async (index: number) => {
    const agent = index % 4 === 0 ? undefined : new Agent({ keepAlive: true, maxSockets: 1 });
    for (let count = 0; running; count += 1) {
      const path = count % 10 === 0 ? '/slow' : '/';
      result.requests += 1;
      try {
        const { status, body } = await harness.request(
          host,
          path,
          { cookie: `gantry_id=client-${index}-${count}` },
          agent,
        );
        if (status !== 200 || !/^[a-z]+\d*$/.test(body)) result.failures.push(`${path} ${status} ${body}`);
      } catch (error) {
        result.failures.push(`${path} ${(error as Error).message}`);
      }
    }
    agent?.destroy();
  };
  const clients = Promise.all(Array.from({ length: 16 }, (_, index) => client(index)));
  try {
    await work();
  } finally {
    running = false;
    await clients;
  }
  return result;
}
