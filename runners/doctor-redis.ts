import { messageOf } from '../engine/model/errors';
import { lookAtRedis } from '../engine/queue/redis-settings';
import type { Check } from './check';

const WHY = 'it rings the bell for new work; a hint that it forgets is rung again from SQL, seconds later';

/** How a Redis that was given is set up; `gantry up` refuses one that fails. */
export async function redisChecks(url: string): Promise<Check[]> {
  const check = { name: 'redis-settings', why: WHY };
  try {
    const { version, findings } = await lookAtRedis(url);
    const worst = findings.find(({ state }) => state === 'fail') ?? findings[0];
    if (worst === undefined)
      return [{ ...check, state: 'ok', found: `Redis ${version}, set up as it should be`, mend: '' }];
    return [{ ...check, state: worst.state, found: worst.found, mend: worst.next }];
  } catch (error) {
    const found = `${new URL(url).host} does not answer: ${messageOf(error)}`;
    return [
      { ...check, state: 'warn', found, mend: 'start it; until then runners look into SQL, which loses nothing' },
    ];
  }
}
