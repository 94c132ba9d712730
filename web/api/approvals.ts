import type { z } from 'zod';
import { GantryError } from '../../engine/model/errors';
import { demandPerson, principalOf } from '../identity/principal';
import { readableApps } from '../identity/rights';
import type { WebParts } from '../parts';
import { type Context, param, type Route, userOf } from '../route';
import { numberParam } from './body';
import { endpoint } from './endpoint';
import {
  decided,
  glassList,
  reviewed,
  reviewShape,
  voteShape,
  withdrawn,
  withdrawShape,
  yesShape,
} from './schemas/approvals';

export const approvalRoutes: readonly Route[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/runs/:number/approve',
    permission: 'user',
    may: 'approve',
    summary: 'says yes to what waits for people',
    body: yesShape,
    answers: { 200: decided },
    errors: ['conflict', 'forbidden'],
    handle: (parts, ctx, { body }) => decide(parts, ctx, 'yes', body),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/runs/:number/reject',
    permission: 'user',
    may: 'approve',
    summary: 'says no to what waits for people; the run ends',
    body: voteShape,
    answers: { 200: decided },
    errors: ['conflict', 'forbidden'],
    handle: (parts, ctx, { body }) => decide(parts, ctx, 'no', body),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/runs/:number/withdraw',
    permission: 'user',
    may: 'approve',
    summary: 'takes your answer at a gate back, as long as nothing has used it',
    body: withdrawShape,
    answers: { 200: withdrawn },
    errors: ['conflict'],
    handle: async (parts, ctx, { body: { step, reason = '' } }) => {
      const gate = { ...(await runOf(parts, ctx)), ...(step === undefined ? {} : { step }) };
      ctx.body = await parts.engine.approvals.withdraw({ ...gate, user: userOf(ctx).name, reason });
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/runs/:number/review',
    permission: 'user',
    may: 'approve',
    summary: 'says whether it was right to open a gate in an emergency',
    body: reviewShape,
    answers: { 200: reviewed },
    errors: ['conflict', 'forbidden'],
    handle: async (parts, ctx, { body: { verdict, reason } }) => {
      const asked = { ...(await runOf(parts, ctx)), user: userOf(ctx).name };
      await askPerson(parts, ctx, { ...asked, reason, action: 'approval.review' });
      const byToken = principalOf(ctx).by === 'token';
      ctx.body = await parts.engine.approvals.review({ ...asked, byToken, verdict, note: reason });
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/reviews',
    permission: 'user',
    may: 'filtered',
    summary: 'lists the gates that were opened in an emergency and wait for their review',
    answers: { 200: glassList },
    handle: async (parts, ctx) => {
      const seen = await readableApps(parts, ctx);
      const broken = await parts.engine.approvals.glass({ toReview: true });
      ctx.body = { items: broken.filter(({ app }) => seen(app)) };
    },
  }),
];

/** An unknown run is told as such, and not as one in which nothing waits. */
async function runOf(parts: WebParts, ctx: Context): Promise<{ app: string; run: number }> {
  const { app, row } = await parts.engine.runs.find(param(ctx, 'app'), numberParam(ctx, 'number'));
  return { app: app.name, run: row.number };
}

async function decide(
  parts: WebParts,
  ctx: Context,
  vote: 'yes' | 'no',
  { step, reason = '', boundHash, releaseHash, breakGlass }: z.output<typeof yesShape>,
): Promise<void> {
  const gate = { ...(await runOf(parts, ctx)), ...(step === undefined ? {} : { step }) };
  const shown = { ...(boundHash === undefined ? {} : { shown: boundHash }) };
  const shownRelease = { ...(releaseHash === undefined ? {} : { shownHash: releaseHash }) };
  ctx.body = await decideAs(parts, ctx, { ...gate, ...shown, ...shownRelease, vote, reason }, breakGlass);
}

type Vote = Parameters<WebParts['engine']['approvals']['decide']>[0];

/** A vote of whoever asks, who is a person once there are several. Refusals are in the audit, whoever refuses. */
export async function decideAs(
  parts: WebParts,
  ctx: Context,
  vote: Omit<Vote, 'user' | 'byToken'>,
  breaksGlass = false,
): ReturnType<WebParts['engine']['approvals']['decide']> {
  const user = userOf(ctx).name;
  await askPerson(parts, ctx, { ...vote, user, action: `approval.${vote.vote}` });
  const byToken = principalOf(ctx).by === 'token';
  return parts.engine.approvals.decide({ ...vote, user, byToken, breaksGlass });
}

type Asked = Parameters<WebParts['engine']['approvals']['refuse']>[0];

/** As `demandPerson`; a refusal is in the audit. */
export async function askPerson(parts: WebParts, ctx: Context, asked: Asked): Promise<void> {
  try {
    await demandPerson(parts, ctx);
  } catch (error) {
    if (error instanceof GantryError) await parts.engine.approvals.refuse(asked, error);
    throw error;
  }
}
