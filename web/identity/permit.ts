import { type AppFound, unknownApp } from '../../engine/apps/find';
import type { Principal } from '../../engine/signin/principal';
import { ACTIONS, type Action, rolesThatMay } from '../../engine/users/actions';
import type { Rights } from '../../engine/users/rights';
import type { WebParts } from '../parts';
import { ForbiddenError } from '../refusals';
import type { Context, Route } from '../route';
import { principalOf } from './principal';
import { rightsIn } from './rights';
import type { Stands } from './standing';

/**
 * May whoever asks do what the route does, at the app that the address names? What nobody asks for a right is left as
 * it is. An app that they may not see is one that does not exist.
 * @throws ForbiddenError `not-permitted`; GantryError `app-unknown`.
 */
export async function permit(parts: WebParts, ctx: Context, route: Route): Promise<Stands> {
  if (route.may === undefined) return () => true;
  const rights = await parts.engine.users.rights(principalOf(ctx));
  ctx.state.rights = rights;
  if (route.may === 'signed-in') return () => true;
  if (route.may !== 'filtered') {
    const { stands, mayHere } = await demand(parts, ctx, route.may, appIn(ctx, route));
    ctx.state.mayHere = mayHere;
    return stands;
  }
  const seen = JSON.stringify(rights.appsTo('read'));
  return (now) => JSON.stringify(now.appsTo('read')) === seen;
}

/**
 * The same for what only the route knows.
 * @param name of the app; undefined for what concerns no single app
 * @param wholeRepository at every app that lies in one repository with it
 */
export function demand(
  parts: WebParts,
  ctx: Context,
  action: Action,
  name: string | undefined,
  wholeRepository = ctx.params.repository !== undefined,
): Promise<Permitted> {
  const pattern = `${ctx.method} ${typeof ctx._matchedRoute === 'string' ? ctx._matchedRoute : ''}`;
  const asked = { principal: principalOf(ctx), rights: rightsIn(ctx), pattern, wholeRepository };
  return demandOf(parts, asked, action, name);
}

export interface Asked {
  principal: Principal;
  rights: Rights;
  /** Method and pattern of the address, for the audit. */
  pattern: string;
  /** A remote shows, and takes, the commits of every app in its repository. */
  wholeRepository: boolean;
}

export interface Permitted {
  stands: Stands;
  /** What else they may at the same place. */
  mayHere(action: Action): boolean;
}

/** The same where there is no route. @throws as `permit`. */
export async function demandOf(
  parts: WebParts,
  { principal, rights, pattern, wholeRepository }: Asked,
  action: Action,
  name: string | undefined,
): Promise<Permitted> {
  const refused = { user: principal.user.name, route: pattern, action };
  const apps = name === undefined ? [null] : await concerned(parts, name, wholeRepository);
  if (name !== undefined && apps.some((app) => app !== null && !rights.sees(app.id))) {
    // Not waited for: how long the answer takes must not tell either that there is such an app.
    void parts.refusals.note({ ...refused, app: name });
    throw unknownApp(name);
  }
  const closed = apps.find((app) => !rights.may(action, app?.id ?? null));
  const allowed = (by: Rights, what: Action) => apps.every((app) => by.may(what, app?.id ?? null));
  if (closed === undefined) return { stands: (now) => allowed(now, action), mayHere: (what) => allowed(rights, what) };
  await parts.refusals.note({ ...refused, app: closed?.name ?? null });
  throw refusal(principal, rights, action, closed);
}

async function concerned(parts: WebParts, name: string, wholeRepository: boolean): Promise<readonly AppFound[]> {
  const app = await parts.engine.apps.find(name);
  return wholeRepository ? parts.engine.apps.sharing(app) : [app];
}

/** The app that the address names; undefined when it names none. */
function appIn(ctx: Context, { app }: Route): string | undefined {
  const { repository } = ctx.params;
  if (repository !== undefined) return repository.replace(/\.git$/, '');
  if (app !== 'query') return ctx.params.app;
  const asked = [ctx.query.app].flat()[0];
  return asked === '' || asked === 'system' ? undefined : asked;
}

function refusal({ user }: Principal, rights: Rights, action: Action, app: AppFound | null): ForbiddenError {
  const does = `${ACTIONS[action]} ${app === null ? 'for all apps' : `at ${app.name}`}`;
  if (rights.mayInPerson(action, app?.id ?? null)) {
    const next = `make a token that may: gantry token create NAME --may ${action}`;
    return new ForbiddenError(`this token is not ${does}`, next, 'not-permitted');
  }
  const [first = 'admin', ...others] = rolesThatMay(action);
  const roles = others.length === 0 ? `the role ${first}` : `one of the roles ${[first, ...others].join(', ')}`;
  const at = app === null ? '' : ` --app ${app.name}`;
  const next = `ask an admin: gantry role grant ${user.name} ${first}${at}`;
  return new ForbiddenError(`${does} takes ${roles}`, next, 'not-permitted');
}
