import { statSync } from 'node:fs';
import { join } from 'node:path';
import { CLIENT_FILE } from '../../api/address';
import { contains, holds, same } from '../checks';
import { APPS } from '../fixture';
import { ask, bearer, type Scene } from './scene';

/** Who may do what, and what is refused at once. Makes the apps. */
export async function access(scene: Scene): Promise<void> {
  const { checks, house } = scene;
  await tokens(scene);
  await checks.that('an app name that is no DNS label is refused with exit status 1', async () => {
    const ended = await house.gantry('app', 'create', 'No_Label');
    same(ended.status, 1);
    contains(ended.stderr, 'No_Label');
  });
  for (const app of [...APPS, 'newcomer']) {
    await house.must('app', 'create', app);
    const { remote } = await house.app(app);
    await house.repository(app).prepare(remote, house.client.token);
  }
  await checks.that('a name that is taken is refused with exit status 1', async () => {
    const ended = await house.gantry('app', 'create', 'storefront');
    same(ended.status, 1);
    contains(ended.stderr, 'storefront');
  });
  await checks.that('rollback with nothing to go back to is refused with exit status 1, and says so', async () => {
    const ended = await house.gantry('rollback', 'storefront');
    same(ended.status, 1);
    contains(ended.stderr, 'nothing to go back to');
  });
  await checks.that('an unknown command ends with exit status 2 and names the nearest', async () => {
    const ended = await house.gantry('rolback', 'storefront');
    same(ended.status, 2);
    contains(ended.stderr, 'gantry rollback');
  });
}

async function tokens(scene: Scene): Promise<void> {
  const { checks, house } = scene;
  await checks.that('/healthz answers without a token', async () => {
    same((await ask(scene, '/healthz')).status, 200);
  });
  await checks.that('the API answers nothing without a token', async () => {
    const answer = await ask(scene, '/api/v1/apps');
    same(answer.status, 401);
    contains(answer.text, 'token');
  });
  await checks.that('a wrong token is refused', async () => {
    same((await ask(scene, '/api/v1/status', bearer('gantry_wrong'))).status, 401);
  });
  await checks.that('the command line with a wrong token ends with exit status 4', async () => {
    same((await house.gantry('status', '--token', 'gantry_wrong')).status, 4);
  });
  await checks.that("the folder's token file is readable by its owner only", () => {
    same((statSync(join(house.home, CLIENT_FILE)).mode & 0o777).toString(8), '600');
  });
  await checks.that('metrics want a token, and answer with one', async () => {
    same((await ask(scene, '/metrics')).status, 401);
    const answer = await ask(scene, '/metrics', bearer(house.client.token));
    same(answer.status, 200);
    contains(answer.text, /^gantry_\w+/m);
  });
  await checks.that('/health/ready says that each part is up', async () => {
    const { text } = await ask(scene, '/health/ready');
    const up = { sql: 'up', schema: 'up', bytes: 'up', bell: 'up', runners: 'up', audit: 'up' };
    same(JSON.parse(text), { ready: true, checks: up });
  });
  await checks.that('one user means solo mode, and status says so', () => {
    holds(scene.house.status?.solo === true, 'solo: true', scene.house.status);
  });
}
