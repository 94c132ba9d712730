import type { Explained } from '../../engine/gray/explain';
import { GantryError, messageOf } from '../../engine/model/errors';
import { formatShare, nearestShare, parseShare } from '../../pipelines/units';
import { demandDecider } from '../api/gray';
import type { WebParts } from '../parts';
import { actorOf, type Context, param, query, type Route } from '../route';
import { seeOther } from './login';
import { render } from './render';

/** What a person may say about a visitor, as fields of the form. */
const FIELDS = ['user', 'cookie', 'header', 'address'] as const;

/** Who meets gray, how much of the traffic that is, and the question about one visitor. */
export const grayPageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/apps/:app/gray',
    permission: 'page',
    may: 'read',
    handle: async (parts, ctx) => {
      const gray = await parts.engine.gray.show(param(ctx, 'app'));
      const shell = { title: `Gray of ${gray.app}`, events: '' };
      ctx.body = await render(parts, ctx, 'gray', shell, {
        ...gray,
        shareText: formatShare(gray.share),
        asked: Object.fromEntries(FIELDS.map((field) => [field, query(ctx, field) ?? ''])),
        answer: await answerTo(parts, ctx),
        now: parts.engine.parts.clock.now(),
      });
    },
  },
  {
    method: 'POST',
    path: '/apps/:app/gray',
    permission: 'page',
    may: 'gray',
    handle: async (parts, ctx) => {
      const app = param(ctx, 'app');
      const share = shareOf(ctx);
      await demandDecider(parts, ctx, { app, share });
      const { run } = await parts.engine.runs.setGrayShare({ app, share }, actorOf(ctx));
      seeOther(ctx, `/apps/${app}/runs/${run}`);
    },
  },
];

/** The share of the form. @throws GantryError `share-range` with the nearest one that can be. */
function shareOf(ctx: Context): number {
  const text = (ctx.state.form?.get('share') ?? '').trim().slice(0, 20);
  const share = parseShare(text);
  if (share !== null) return share;
  const near = nearestShare(text);
  const next = near === null ? 'write it like 5% or 0.25%' : `did you mean ${near}?`;
  throw new GantryError('invalid', 'share-range', `"${text}" is not a percentage from 0% to 100%`, next);
}

/** Null when nothing was asked; a question that cannot be answered is answered by the reason. */
async function answerTo(
  parts: WebParts,
  ctx: Context,
): Promise<Pick<Explained, 'release' | 'role' | 'sentences'> | null> {
  const [user, cookie, header, address] = FIELDS.map((field) => query(ctx, field));
  if (user === undefined && cookie === undefined && header === undefined) return null;
  const equal = header?.indexOf('=') ?? 0;
  const headers = header === undefined ? [] : [[header.slice(0, equal), header.slice(equal + 1)] as const];
  const cookies = cookie === undefined ? [] : [cookie];
  try {
    return await parts.engine.gray.explain(param(ctx, 'app'), { headers, cookies, user, address });
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return { release: null, role: null, sentences: [messageOf(error), error.next] };
  }
}
