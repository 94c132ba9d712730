import { z } from 'zod';
import { GantryError } from '../../engine/model/errors';
import type { UndoWanted } from '../../engine/rollout/undo-picture';
import { actorOf, param, type Route } from '../route';
import { numberParam } from './body';
import { endpoint } from './endpoint';
import { reason } from './schemas/common';
import { undoPreview, undoStarted } from './schemas/undo';

const stepShape = z.string().min(1).max(200).optional();
const previewShape = z.strictObject({ step: stepShape, before: stepShape });
const undoShape = z.strictObject({
  step: stepShape,
  before: stepShape,
  previewHash: z.string().max(64),
  reason,
});

export const undoRoutes: readonly Route[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/runs/:number/undo/preview',
    permission: 'user',
    may: 'read',
    summary: 'shows what the undo of a step, or of everything from a step on, will do; changes nothing',
    details: 'Exactly one of `step` and `before` is given.',
    body: previewShape,
    answers: { 200: undoPreview },
    errors: ['conflict'],
    handle: async (parts, ctx, { body }) => {
      const run = { app: param(ctx, 'app'), run: numberParam(ctx, 'number') };
      ctx.body = await parts.engine.runs.previewUndo({ ...run, ...wantedOf(body) });
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/runs/:number/undo',
    permission: 'user',
    may: 'rollback',
    summary: 'takes a step back, or everything from a step on, as its preview showed',
    details: 'Exactly one of `step` and `before` is given.',
    body: undoShape,
    answers: { 200: undoStarted },
    errors: ['conflict'],
    handle: async (parts, ctx, { body: { previewHash, reason: why = '', ...named } }) => {
      const asked = { app: param(ctx, 'app'), run: numberParam(ctx, 'number'), ...wantedOf(named) };
      ctx.body = await parts.engine.runs.undo({ ...asked, previewHash, reason: why }, actorOf(ctx));
    },
  }),
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
