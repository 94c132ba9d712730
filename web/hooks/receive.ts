import type { HookStored } from '../../engine/deliveries/receive-hook';
import { GantryError } from '../../engine/model/errors';
import type { AppId } from '../../engine/model/ids';
import { hookAnswer } from '../api/schemas/apps';
import { HOOK_BODY_MAX, HOOK_BODY_SMALL } from '../limits';
import type { WebParts } from '../parts';
import { readBody } from '../read-body';
import { UnsignedError } from '../refusals';
import { type Context, param, type Route } from '../route';
import type { ForgeEvent, RawHook } from './forge';
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
        '`X-Gitea-Signature`, `X-Forgejo-Signature`; Gitee: `X-Gitee-Token` as a signature (of the time, not of the ' +
        'body); Bitbucket Cloud and Data Center: `X-Hub-Signature: sha256=…`; `generic`: Standard Webhooks, with ' +
        '`{"ref":"refs/heads/main","after":"COMMIT"}`. One answer, 401, whatever is wrong with app, forge or signature.',
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
  const delivery = forge.deliveryId(hook) ?? refuseNameless();
  const stored = await store(parts, { appId, forge: forge.name, delivery }, forge.event(hook));
  const { known, outcome, reason, run } = stored.reduce((told, one) => (weight(one) > weight(told) ? one : told));
  parts.log.info({ app: param(ctx, 'app'), forge: forge.name, delivery, known, outcome }, 'a forge called');
  if (outcome === 'pending') parts.followHooks();
  ctx.status = outcome === 'pending' && !known ? 202 : 200;
  ctx.body = { delivery, outcome, reason, run };
}

/**
 * Each ref that has moved is a record of its own, and may become a run. Stopped between two of them there was no answer:
 * what was stored is followed, and a redelivery adds the rest.
 */
async function store(
  { engine }: WebParts,
  { delivery, ...from }: { appId: AppId; forge: string; delivery: string },
  event: ForgeEvent,
): Promise<readonly HookStored[]> {
  const named = { ...from, event: event.name };
  if (event.kind === 'ignored') {
    return [await engine.hooks.receive({ ...named, deliveryId: delivery, move: null, ignored: event.reason })];
  }
  const stored: HookStored[] = [];
  for (const [i, move] of event.moves.entries()) {
    const deliveryId = i === 0 ? delivery : `${delivery}:${i + 1}`;
    stored.push(await engine.hooks.receive({ ...named, deliveryId, move, sender: event.sender, ignored: '' }));
  }
  return stored;
}

/** How much it says of several: that a ref is to be fetched, above all for the first time; else that there is a run. */
function weight({ known, outcome, run }: HookStored): number {
  if (outcome === 'pending') return known ? 2 : 3;
  return run === null ? 0 : 1;
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
  // While a secret is being replaced there are two; both are always tried.
  const secrets = [source?.secret ?? parts.hook.secret, source?.earlier ?? parts.hook.secret];
  const signed = secrets.map((secret) => (forge ?? github).isSigned(hook, secret, now)).includes(true);
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
