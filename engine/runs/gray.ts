import { findApp } from '../apps/find';
import { findProduction } from '../environments/find';
import { GantryError } from '../model/errors';
import type { Actor, EngineParts } from '../parts';
import { findRelease } from '../releases/find';
import { FULL_SHARE } from '../rollout/traffic';
import { ringAll } from './apply';
import { createRun } from './create';

/**
 * Changes how much traffic meets the release that is gray now: a run of its own with one `share` step.
 * @throws GantryError `no-gray`, `share-range`.
 */
export async function setGrayShare(
  parts: EngineParts,
  wanted: { app: string; share: number; header?: string | null; cookie?: string | null },
  actor: Actor,
): Promise<{ run: number; share: number }> {
  if (!Number.isInteger(wanted.share) || wanted.share < 0 || wanted.share > FULL_SHARE) {
    throw new GantryError('invalid', 'share-range', `a share is 0 % to 100 % in steps of 0.01 %`, 'for example: 5%');
  }
  const app = await findApp(parts, wanted.app);
  const production = await findProduction(parts, app.id);
  const lane = production?.traffic.gray ?? null;
  const releaseId = lane === null ? null : (production?.traffic.lanes[lane] ?? null);
  if (production === undefined || releaseId === null) {
    throw new GantryError(
      'conflict',
      'no-gray',
      `${wanted.app} has no gray release now`,
      'a release becomes gray by its run: push a commit, or approve the run that waits',
    );
  }
  if (production.traffic.stable === null) {
    throw new GantryError(
      'conflict',
      'no-stable',
      `${wanted.app} has no stable release yet: there is nothing to share the traffic with`,
      'let the first release go to production',
    );
  }
  const release = await findRelease(parts, releaseId);
  const rules = {
    header: wanted.header === undefined ? (production.traffic.rules.header ?? null) : wanted.header,
    cookie: wanted.cookie === undefined ? (production.traffic.rules.cookie ?? null) : wanted.cookie,
  };
  const created = await parts.store.write((tx) =>
    createRun(parts, tx, app, {
      trigger: 'manual',
      ref: '',
      commit: release.record.commit,
      title: `gray share ${wanted.share / 100} %`,
      author: '',
      startedBy: actor,
      priority: 5,
      releaseId: release.id as never,
      steps: [
        {
          name: 'gray/share',
          kind: 'share',
          role: 'gray',
          stage: 'gray',
          verb: 'run',
          spec: { share: wanted.share, rules },
          timeoutMs: 60_000,
        },
      ],
    }),
  );
  await ringAll(parts, created.hints);
  return { run: created.row.number, share: wanted.share };
}
