import { z } from 'zod';
import { GRAY_DEED, type GrayWanted } from '../../engine/gray/planned-share';
import { FULL_SHARE } from '../../engine/rollout/traffic';
import { userNameProblem } from '../../pipelines/gray-users';
import { GRAY_RULES_MAX, LIST_MAX } from '../../pipelines/limits';
import { HEADER_PATTERN } from '../../pipelines/names';
import type { WebParts } from '../parts';
import { actorOf, type Context, param, type Route, userOf } from '../route';
import { askPerson } from './approvals';
import { endpoint } from './endpoint';
import { explained, gray, valueRule } from './schemas/gray';
import { shareSet } from './schemas/traffic';

const user = z.string().refine((name) => userNameProblem(name) === null, { error: 'the name of a user' });
const headerValue = z.string().max(1_000);

const change = z.strictObject({
  share: z.int().min(0).max(FULL_SHARE).describe('in 1/10,000'),
  clear: z.boolean().optional().describe('ends the rules that are'),
  rules: z.array(valueRule).max(GRAY_RULES_MAX).optional().describe('more ways into gray, any of them is enough'),
  users: z.array(user).max(LIST_MAX).optional().describe('users that meet gray, besides those who do already'),
});

const visitor = z.strictObject({
  headers: z
    .array(z.strictObject({ name: z.string().regex(new RegExp(HEADER_PATTERN)), value: headerValue }))
    .max(LIST_MAX)
    .optional(),
  cookies: z.array(headerValue).max(LIST_MAX).optional().describe("`NAME=VALUE`, or the value of the gateway's own id"),
  user: user.optional().describe('as the login proxy says it'),
  address: z.string().max(100).optional().describe('where the request comes from'),
});

/** What lets in more than the plan does is for a person to decide, as at a gate. @throws as `demandPerson` */
export async function demandDecider(
  parts: WebParts,
  ctx: Context,
  wanted: GrayWanted & { app: string },
): Promise<void> {
  const { app } = wanted;
  if (!(await parts.engine.gray.isBeyondPlan(app, wanted))) return;
  await askPerson(parts, ctx, { app, user: userOf(ctx).name, reason: '', action: GRAY_DEED });
}

export const grayRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/gray',
    permission: 'user',
    may: 'read',
    summary: 'shows which release is gray, who meets it, since when and by whose word',
    answers: { 200: gray },
    handle: async (parts, ctx) => {
      ctx.body = await parts.engine.gray.show(param(ctx, 'app'));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/gray',
    permission: 'user',
    may: 'gray',
    summary: 'changes who meets the gray release: its share of the traffic, and rules',
    body: change,
    answers: { 200: shareSet },
    errors: ['conflict'],
    handle: async (parts, ctx, { body: { share, clear, rules: add, users } }) => {
      const wanted = { app: param(ctx, 'app'), share, rules: { clear, add, users } };
      await demandDecider(parts, ctx, wanted);
      ctx.body = await parts.engine.runs.setGrayShare(wanted, actorOf(ctx));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/gray/explain',
    permission: 'user',
    may: 'read',
    summary: 'tells which release a visitor meets, and why',
    body: visitor,
    answers: { 200: explained },
    errors: ['conflict'],
    handle: async (parts, ctx, { body: { headers, cookies, user: name, address } }) => {
      const described = {
        headers: headers?.map((one) => [one.name, one.value] as const),
        cookies,
        user: name,
        address,
      };
      ctx.body = await parts.engine.gray.explain(param(ctx, 'app'), described);
    },
  }),
];
