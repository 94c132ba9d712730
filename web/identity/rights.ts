import { type AppFound, unknownApp } from '../../engine/apps/find';
import type { AppId } from '../../engine/model/ids';
import type { Rights } from '../../engine/users/rights';
import type { WebParts } from '../parts';
import type { Context } from '../route';

/** What whoever asks may do. Only for routes that know who asks. */
export function rightsIn(ctx: Context): Rights {
  const { rights } = ctx.state;
  if (rights === undefined) throw new Error(`${ctx.method} ${ctx.path} asks for rights but does not demand any`);
  return rights;
}

/** The app of this name. @throws GantryError `app-unknown`, also for one that whoever asks may not see. */
export async function findSeen(parts: WebParts, ctx: Context, name: string): Promise<AppFound> {
  const app = await parts.engine.apps.find(name);
  if (!rightsIn(ctx).may('read', app.id)) throw unknownApp(name);
  return app;
}

/** May whoever asks see the app of this name? */
export async function readableApps(parts: WebParts, ctx: Context): Promise<(name: string) => boolean> {
  const rights = rightsIn(ctx);
  if (rights.appsTo('read') === null) return () => true;
  const apps = await parts.engine.apps.list();
  const names = new Set(apps.filter(({ id }) => rights.may('read', id)).map(({ name }) => name));
  return (name) => names.has(name);
}

/** What a list of many apps is narrowed to: one app when it is named, else those that whoever asks may see. */
export async function appsAsked(
  parts: WebParts,
  ctx: Context,
  name: string | undefined,
): Promise<{ appIds?: readonly AppId[] }> {
  if (name !== undefined) return { appIds: [(await findSeen(parts, ctx, name)).id] };
  const readable = rightsIn(ctx).appsTo('read');
  return readable === null ? {} : { appIds: readable };
}
