import { join } from 'node:path';
import type { Run } from '../api/types';
import { carry, doingOf } from './carry';
import { mustSucceed } from './delivery';
import { type Demo, seconds } from './demo';
import { type Ended, unexpectedEnd } from './programs';

/** A project that knows nothing of Gantry: no gantry.yml, no Dockerfile. */
export const NOTES = 'notes';

export interface Arrival {
  /** `gantry init --yes`, with what it said. */
  init: Ended;
  run: Run;
  /** From the call of init until its first release is stable in production. */
  ms: number;
}

/** Takes it from a bare folder to production: init, app create, commit, push, two approvals. */
export async function arrive({ house, story }: Demo): Promise<Arrival> {
  const repository = house.repository(NOTES);
  await repository.prepare(`${house.client.url}/git/${NOTES}.git`, house.client.token);
  repository.fill([join(house.settings.root, 'fixtures', 'projects', NOTES)]);
  const began = Date.now();
  story.now(NOTES, 'gantry init --yes');
  const init = await house.gantry('init', repository.folder, '--yes');
  if (init.status !== 0) throw unexpectedEnd(init);
  story.tell(`${NOTES}: gantry init --yes wrote a gantry.yml and a Dockerfile that fit`);
  await house.must('app', 'create', NOTES);
  await repository.commit('notes, as they are');
  const pushed = await repository.push('main', { follow: false });
  if (pushed.run === undefined) throw unexpectedEnd(pushed);
  const onLook = (now: Run): void => story.now(NOTES, doingOf(now));
  const run = mustSucceed(await carry(house, NOTES, pushed.run.number, { onLook }));
  story.now(NOTES, undefined);
  const ms = Date.now() - began;
  story.tell(`${NOTES}: from a folder without gantry.yml to production in ${seconds(ms)}`);
  return { init, run, ms };
}
