import { GantryError } from '../../engine/model/errors';
import { hookAnswer } from '../api/schemas/apps';
import { HOOK_BODY_MAX, HOOK_BODY_SMALL } from '../limits';
import type { WebParts } from '../parts';
import { readBody } from '../read-body';
import { UnsignedError } from '../refusals';
import { type Context, param, type Route } from '../route';
import type { RawHook } from './forge';
import { forges } from './forges';
import { github } from './github';

export const hookRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/hooks/:app/:forge',
    permission: 'signature',
    api: {
      summary: 'takes a webhook of a forge: what was pushed is fetched, and delivered',
      details:
        'Signed as the forge does it, over the bytes of the body, with the secret that `gantry app connect` showed. ' +
        'GitHub: `X-Hub-Signature-256`; GitLab: `webhook-signature`, else `X-Gitlab-Token`; Gitea and Forgejo: ' +
        '`X-Gitea-Signature`, `X-Forgejo-Signature`. One answer, 401, whatever is wrong with app, forge or signature.',
      upload: { type: 'application/json', description: 'the event, as the forge writes it' },
      answers: { 200: hookAnswer.describe('known already, or nothing to follow'), 202: hookAnswer },
    },
    handle: receive,
  },
];

/**
 * The one path of every webhook: the bytes, the signature, then what they say, the record, the answer. What follows
 * (the fetch) is not waited for: forges wait 5 to 10 s, and some never send again.
 */
async function receive(parts: WebParts, ctx: Context): Promise<void> {
  const hook: RawHook = {
    headers: ctx.req.headers,
    body: await bodyOf(parts, ctx),
  };
  const { appId, forge } = await admitSigned(parts, ctx, hook);
  const deliveryId = forge.deliveryId(hook) ?? refuseNameless();
  const event = forge.event(hook);
  const move = event.kind === 'moved' ? { ref: event.ref, after: event.after } : null;
  const ignored = event.kind === 'ignored' ? event.reason : '';
  const named = { appId, forge: forge.name, deliveryId, event: event.name };
  const { known, outcome, reason, run } = await parts.engine.hooks.receive({ ...named, move, ignored });
  parts.log.info({ app: param(ctx, 'app'), forge: forge.name, delivery: deliveryId, known, outcome }, 'a forge called');
  if (outcome === 'pending') parts.followHooks();
  ctx.status = outcome === 'pending' && !known ? 202 : 200;
  ctx.body = { delivery: deliveryId, outcome, reason, run };
}

/** A small one needs no turn: a few clients that send large ones slowly must not hold up everybody's. */
function bodyOf(parts: WebParts, ctx: Context): Promise<Buffer> {
  const length = Number(ctx.get('Content-Length') || Number.POSITIVE_INFINITY);
  if (length <= HOOK_BODY_SMALL) return readBody(ctx, HOOK_BODY_SMALL);
  return parts.hookTurns.take(() => readBody(ctx, HOOK_BODY_MAX));
}

/**
 * One answer, after the same work, whether the app or the forge is unknown, the app has no source, or the signature is
 * wrong: whoever has no secret learns nothing, not even which apps there are.
 */
async function admitSigned(parts: WebParts, ctx: Context, hook: RawHook) {
  const forge = forges.find(({ name }) => name === param(ctx, 'forge'));
  const source = await parts.engine.hooks.secretOf(param(ctx, 'app'));
  const now = parts.engine.parts.clock.now();
  const signed = (forge ?? github).isSigned(hook, source?.secret ?? parts.hook.secret, now);
  if (forge === undefined || source === undefined || !signed) throw new UnsignedError();
  return { appId: source.appId, forge };
}

function refuseNameless(): never {
  throw new GantryError(
    'invalid',
    'hook-delivery',
    'the webhook has no delivery id, so that a redelivery could not be told from a new one',
    'update the forge, or look whether a proxy removes its headers',
  );
}
