import type { Engine } from '../../engine/engine';
import type { PostTaken } from '../../engine/forges/take-post';
import type { AppId } from '../../engine/model/ids';
import type { Outcome } from '../../engine/outbox/line';
import type { Waiting } from '../notify/send-waiting';
import { type Means, post } from './post';

/** Statuses and comments that wait for the forges of apps. */
export const posts = (engine: Engine, means: Means): Waiting<AppId, PostTaken> => ({
  to: () => engine.forges.waiting(),
  take: (app) => engine.forges.take(app),
  send: (taken) => send(engine, taken, means),
  settle: (taken, outcome) => engine.forges.settle(taken, outcome),
});

/** A token goes only to the address that it was given for. */
async function send(engine: Engine, taken: PostTaken, means: Means): Promise<Outcome> {
  const source = await engine.hooks.sourceOf(taken.appId);
  if (source === undefined || source.token === null || source.url !== taken.url) {
    return { kind: 'later', reason: 'the app was connected to another source' };
  }
  return post(taken, source.token, means);
}
