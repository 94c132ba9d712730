import { z } from 'zod';
import { GantryError } from '../../engine/model/errors';
import type { UndoWanted } from '../../engine/rollout/undo-picture';
import { actorOf, param, type Route } from '../route';
import { numberParam, readJson, reasonShape } from './body';

const stepShape = z.string().min(1).max(200).optional();
const previewShape = z.strictObject({ step: stepShape, before: stepShape });
const undoShape = z.strictObject({
  step: stepShape,
  before: stepShape,
  previewHash: z.string().max(64),
  reason: reasonShape,
});

export const undoRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/v1/apps/:app/runs/:number/undo/preview',
    permission: 'user',
    handle: async (parts, ctx) => {
      const wanted = wantedOf(await readJson(ctx, previewShape));
      const run = { app: param(ctx, 'app'), run: numberParam(ctx, 'number') };
      ctx.body = await parts.engine.runs.previewUndo({ ...run, ...wanted });
    },
  },
  {
    method: 'POST',
    path: '/api/v1/apps/:app/runs/:number/undo',
    permission: 'user',
    handle: async (parts, ctx) => {
      const { previewHash, reason = '', ...named } = await readJson(ctx, undoShape);
      const asked = { app: param(ctx, 'app'), run: numberParam(ctx, 'number'), ...wantedOf(named) };
      ctx.body = await parts.engine.runs.undo({ ...asked, previewHash, reason }, actorOf(ctx));
    },
  },
];

/** Exactly one of the two. @throws GantryError `undo-what`. */
export function wantedOf(named: { step?: string | undefined; before?: string | undefined }): UndoWanted {
  const { step, before } = named;
  if (step !== undefined && before === undefined) return { step };
  if (before !== undefined && step === undefined) return { before };
  throw new GantryError(
    'invalid',
    'undo-what',
    'an undo is of one step, or of everything from a step on',
    'name either "step" or "before"',
  );
}
