import { contains, same } from '../checks';
import { look, versionIn } from '../look';
import { arrive, NOTES } from '../notes';
import type { Scene } from './scene';

/** Somebody's project, as it lies there: one command writes what is missing, and one push brings it to production. */
export async function notes(scene: Scene): Promise<void> {
  const { checks, house, story, dummy } = scene;
  story.part('A project without gantry.yml and without a Dockerfile goes to production.');
  const { init, run } = await arrive(scene);
  const { folder } = house.repository(NOTES);
  await checks.that('gantry init shows the Dockerfile that is missing, and writes both files', () => {
    for (const part of ['FROM gantry/node', 'Wrote', 'gantry.yml']) contains(init.stdout, part);
  });
  await checks.that('what gantry init wrote is accepted by gantry lint', async () => {
    same((await house.gantry('lint', `${folder}/gantry.yml`)).status, 0);
  });
  if (dummy) return;
  await checks.that('the project serves production through the gateway, as its first release', async () => {
    const answer = await look(house.gateway, { host: house.hostOf(NOTES), path: '/version' });
    same(versionIn(answer.body)?.release, `${NOTES}-${run.release}`);
  });
}
