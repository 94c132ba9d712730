import { formatShare } from '../../pipelines/units';
import { findGray } from '../gray/find';
import { decidingGray, demandNoPart, type GrayWanted, runBelow } from '../gray/planned-share';
import { changedRules } from '../gray/rules';
import { GantryError } from '../model/errors';
import type { Actor, EngineParts } from '../parts';
import { findRelease } from '../releases/find';
import { FULL_SHARE } from '../rollout/traffic';
import { ringAll } from './apply';
import { createRun } from './create';

/**
 * Changes who meets the release that is gray now: a run of its own with one `share` step. To let in more than its plan
 * does is decided as at a gate.
 * @throws GantryError `no-gray`, `no-stable`, `share-range`, `gray-own`, and those of `changedRules`.
 */
export async function setGrayShare(
  parts: EngineParts,
  wanted: GrayWanted & { app: string },
  actor: Actor,
): Promise<{ run: number; share: number }> {
  if (!Number.isInteger(wanted.share) || wanted.share < 0 || wanted.share > FULL_SHARE) {
    throw new GantryError('invalid', 'share-range', `a share is 0 % to 100 % in steps of 0.01 %`, 'for example: 5%');
  }
  const found = await findGray(parts, wanted.app);
  const { app, production, releaseId } = found;
  const release = await findRelease(parts, releaseId);
  const below = await runBelow(parts, found, wanted);
  const create = () =>
    parts.store.write(async (tx) => {
      if (below !== null) await demandNoPart(tx, below, actor);
      const rules = await changedRules(parts, tx, production.traffic, wanted.rules ?? {});
      return createRun(parts, tx, app, {
        trigger: 'manual',
        ref: '',
        commit: release.record.commit,
        title: `gray share ${formatShare(wanted.share)}`,
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
      });
    });
  const created = await (below === null ? create() : decidingGray(parts, wanted.app, actor, create));
  await ringAll(parts, created.hints);
  return { run: created.row.number, share: wanted.share };
}
