import type { AppId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Principal } from '../signin/principal';
import { type Action, may, type Role } from './actions';
import { rolesByScope } from './roles';
import { ALL_APPS, type GrantScope } from './scope';

/** What whoever asks may do, and where: the roles of the person, within the bounds of the token that they use. */
export interface Rights {
  /** @param app null: what concerns no single app */
  may(action: Action, app: AppId | null): boolean;
  /** May they know that the app is there? Whatever a token may do at an app, it may know that. */
  sees(app: AppId): boolean;
  /** The apps at which they may do it; null: at all. */
  appsTo(action: Action): readonly AppId[] | null;
  /** Would the person be allowed, if they did not use this token? */
  mayInPerson(action: Action, app: AppId | null): boolean;
}

/** What a token may at most. */
export interface Bounds {
  /** Null: all that its user may. */
  actions: readonly Action[] | null;
  /** The only app that it is for; null: all of its user's. */
  app: AppId | null;
}

export const UNBOUND: Bounds = { actions: null, app: null };

/** Decides. Nothing that is taken away, a grant or a bound's action, ever makes more possible. */
export function decideRights(held: ReadonlyMap<GrantScope, ReadonlySet<Role>>, bounds: Bounds): Rights {
  const mayInPerson = (action: Action, app: AppId | null): boolean =>
    may(held.get(ALL_APPS) ?? [], action) || (app !== null && may(held.get(app) ?? [], action));
  const isFor = (app: AppId | null): boolean => bounds.app === null || bounds.app === app;
  const isWithin = (action: Action): boolean => bounds.actions === null || bounds.actions.includes(action);
  const allowed = (action: Action, app: AppId | null) => isFor(app) && isWithin(action) && mayInPerson(action, app);
  return {
    may: allowed,
    sees: (app) => isFor(app) && mayInPerson('read', app),
    appsTo: (action) => {
      if (bounds.app !== null) return allowed(action, bounds.app) ? [bounds.app] : [];
      if (allowed(action, null)) return null;
      return [...held.keys()]
        .filter((scope): scope is AppId => scope !== ALL_APPS)
        .filter((app) => allowed(action, app));
    },
    mayInPerson,
  };
}

/** What whoever asks may do, by what is committed now. */
export async function rightsOf(parts: EngineParts, { user, scopes, app }: Principal): Promise<Rights> {
  const { read } = parts.store;
  const held = await rolesByScope(read, user.id);
  if (app === null) return decideRights(held, { actions: scopes, app: null });
  const found = await read.selectFrom('apps').select('id').where('name', '=', app).executeTakeFirst();
  return found === undefined
    ? decideRights(new Map(), UNBOUND)
    : decideRights(held, { actions: scopes, app: found.id });
}
