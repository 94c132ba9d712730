import { join } from 'node:path';
import { isFinal } from '../../api/types';
import { contains, holds, same } from '../checks';
import { foldersOf } from '../fixture';
import type { Scene } from './scene';

/** A typing mistake in the fifth line of a file that is else good. */
const MISTAKEN = `app: newcomer
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  resorces: { memory: 128m }
  health: { path: /health }
`;

/** Pushes that start nothing: each is accepted, and its run says why. */
export async function pushes(scene: Scene): Promise<void> {
  await withoutToken(scene);
  await unwantedBranch(scene);
  await withoutPipeline(scene);
  await mistakenPipeline(scene);
}

async function withoutToken({ checks, house }: Scene): Promise<void> {
  const storefront = house.repository('storefront');
  storefront.fill(foldersOf(house.settings.root, 'storefront', 'v1'));
  await storefront.commit('storefront 1.0.0');
  await checks.that('git push without a token is refused', async () => {
    const pushed = await storefront.push('main', { anonymous: true });
    holds(pushed.status !== 0, 'an exit status other than 0', pushed.status);
    const { items } = await house.must<{ items: unknown[] }>('run', 'list', 'storefront');
    same(items.length, 0);
  });
}

async function unwantedBranch({ checks, house }: Scene): Promise<void> {
  const pushed = await house.repository('storefront').push('sketch');
  await checks.that('a branch that no pipeline wants is accepted', () => same(pushed.status, 0));
  await checks.that('its run ends as ignored, and the pusher is told why', async () => {
    contains(pushed.told.join('\n'), 'sketch');
    const run = await house.run('storefront', pushed.run?.number ?? 0);
    same(run.state, 'ignored');
    contains(run.reason, 'sketch');
  });
}

async function withoutPipeline({ checks, house }: Scene): Promise<void> {
  const newcomer = house.repository('newcomer');
  newcomer.write('Dockerfile', 'FROM gantry/node\nEXPOSE 3000\nCMD ["node", "server.js"]\n');
  await newcomer.commit('no pipeline yet');
  const pushed = await newcomer.push();
  await checks.that('a push without gantry.yml is accepted, and the pusher is shown a proposal', () => {
    same(pushed.status, 0);
    const told = pushed.told.join('\n');
    for (const part of ['gantry.yml', 'app: newcomer', 'Dockerfile']) contains(told, part);
  });
  await checks.that('gantry init writes the same proposal', async () => {
    const ended = await house.gantry('init', newcomer.folder, '--app', 'newcomer');
    same(ended.status, 0);
    const told = pushed.told.map((line) => line.replace(/^\s*\| /, '').trimEnd());
    const missing = newcomer
      .read('gantry.yml')
      .split('\n')
      .filter((line) => line.trim() !== '' && !told.includes(line.trimEnd()));
    same(missing, []);
  });
}

async function mistakenPipeline({ checks, house }: Scene): Promise<void> {
  const newcomer = house.repository('newcomer');
  await checks.that('gantry lint: exit status 0 for a good file, 1 with file:line:column for a wrong one', async () => {
    const good = join(house.settings.root, 'fixtures', 'apps', 'ledger', 'gantry.yml');
    same((await house.gantry('lint', good)).status, 0);
    newcomer.write('gantry.yml', MISTAKEN);
    const ended = await house.gantry('lint', join(newcomer.folder, 'gantry.yml'));
    same(ended.status, 1);
    contains(ended.stdout, /gantry\.yml:5:3: error: .*resorces/);
  });
  await newcomer.commit('a typing mistake');
  const pushed = await newcomer.push();
  await checks.that('a push with a wrong gantry.yml fails with file, line, column and the nearest key', async () => {
    const run = await house.untilRun('newcomer', pushed.run?.number ?? 0, isFinal);
    same(run.state, 'failed');
    contains(run.reason, /gantry\.yml:5:3/);
    contains(run.reason, 'Did you mean "resources"?');
    contains(pushed.told.join('\n'), /gantry\.yml:5:3/);
  });
}
