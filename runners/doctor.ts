import { messageOf } from '../engine/model/errors';
import type { RunnerSettings } from '../settings';
import { listBases } from './bases/command';
import { connectDocker } from './docker/client';
import { describeEngine } from './docker/description';

export interface Check {
  name: string;
  state: 'ok' | 'warn' | 'fail';
  found: string;
  why: string;
  mend: string;
}

/** `doctor`: what only a runner can know, one JSON document on standard output. */
export async function doctorMain(settings: RunnerSettings): Promise<number> {
  const client = connectDocker(settings.docker);
  const checks: Check[] = [];
  try {
    const engine = await describeEngine(client);
    checks.push({
      name: 'docker',
      state: 'ok',
      found: `${engine.version} at ${client.address}`,
      why: 'releases run in containers',
      mend: '',
    });
    for (const warning of engine.warnings) {
      checks.push({
        name: 'docker-settings',
        state: 'warn',
        found: warning,
        why: 'production must outlive a restart of Docker',
        mend: warning.includes('live-restore')
          ? 'put {"live-restore": true} into /etc/docker/daemon.json and reload Docker'
          : '',
      });
    }
    checks.push(...(await baseChecks(client)));
  } catch (error) {
    checks.push({
      name: 'docker',
      state: 'fail',
      found: messageOf(error),
      why: 'releases run in containers',
      mend: 'start Docker, or set DOCKER_HOST; without one: gantry up --dummy',
    });
  }
  process.stdout.write(`${JSON.stringify({ checks })}\n`);
  return 0;
}

async function baseChecks(client: ReturnType<typeof connectDocker>): Promise<Check[]> {
  const bases = await listBases(client.calls);
  return bases.map((base) => ({
    name: `base-${base.name}`,
    state: base.imageId === null ? 'warn' : 'ok',
    found: base.imageId === null ? 'not built yet' : `${base.tag} ${base.imageId.slice(7, 19)}`,
    why: base.purpose,
    mend: base.imageId === null ? 'it is built by: gantry up' : '',
  }));
}
