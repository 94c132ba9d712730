import { existsSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import type { Address, CliSettings } from '../../settings';
import { hostAndPort } from '../api/address';
import { runnerChecks } from '../doctor/runner-checks';
import { failure } from '../errors';
import { listenerOn, tryPort } from '../processes/ports';

/** Refuses a port that somebody else has, in one sentence that names port, process and the option that changes it. */
export async function checkPort(address: Address, what: 'web' | 'gateway', home: string): Promise<void> {
  const tried = await tryPort(address.host, address.port);
  if (tried.free) return;
  const where = hostAndPort(address);
  const option = what === 'web' ? '--port' : '--gateway-port';
  const next = `choose another one: ./gantry up ${option} ${address.port + 1} (${option} 0 takes any free one)`;
  if (tried.code !== 'EADDRINUSE') {
    throw failure('port-refused', `this user may not listen at ${where} (${tried.code})`, next);
  }
  if (what === 'gateway' && (await isOwnGateway(address, home))) return;
  const owner = listenerOn(address.port);
  const who = owner === undefined ? 'another process' : `process ${owner.pid} (${owner.command})`;
  throw failure('port-in-use', `${where} is in use by ${who}`, next);
}

/** Apps keep serving while Gantry is down, so the gateway of this folder may well be there already. */
async function isOwnGateway({ host, port }: Address, home: string): Promise<boolean> {
  if (!existsSync(join(home, 'gateway'))) return false;
  return new Promise((resolve) => {
    const options = { host, port, timeout: 1_000, agent: false, headers: { host: 'gantry-asks.invalid' } };
    const asked = http.get(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece.slice(0, 1_000);
      });
      response.on('end', () => resolve(response.statusCode === 404 && text.includes('unknown-host')));
      response.on('error', () => resolve(false));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
  });
}

/**
 * What only a runner can tell, asked once. Without Docker nothing real can run, and the dummy runner is never taken in
 * silence; a given Redis that forgets, or that anybody may write into, is not begun with.
 * @throws CommandError `no-docker`, `redis-unfit`
 */
export async function checkRunner(settings: CliSettings, dummy: boolean): Promise<void> {
  if (dummy && settings.redisUrl === undefined) return;
  const failed = (await runnerChecks(settings)).filter(({ state }) => state === 'fail');
  const redis = failed.find(({ name }) => name === 'redis-settings');
  if (redis !== undefined && settings.redisUrl !== undefined) {
    throw failure('redis-unfit', `the Redis that GANTRY_REDIS_URL names cannot be used: ${redis.found}`, redis.mend);
  }
  const docker = failed.find(({ name }) => name === 'docker');
  if (dummy || docker === undefined) return;
  throw failure(
    'no-docker',
    `Docker cannot be used: ${docker.found}`,
    'start it: sudo systemctl start docker (not installed: sudo apt-get install docker.io); or see Gantry without ' +
      'containers: ./gantry up --dummy',
  );
}
