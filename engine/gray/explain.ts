import { isIP } from 'node:net';
import { formatShare } from '../../pipelines/units';
import { findApp } from '../apps/find';
import { type Environment, findProduction, routeOf } from '../environments/find';
import { type ReleaseRef, showEnvironments } from '../environments/show';
import { listInstances } from '../instances/record';
import { assertNever, GantryError } from '../model/errors';
import type { EngineParts } from '../parts';
import type { Lane, Route } from '../ports/gateway';
import { listsOf } from '../rollout/rules';
import { ID_COOKIE, type Login, type Met, sessionOf, type Why, whoMeets } from '../rollout/visitor';
import { showRules } from './rules';
import { usersIn } from './users';

/** A visitor as somebody describes one. */
export interface DescribedVisitor {
  headers?: readonly (readonly [name: string, value: string])[] | undefined;
  /** Names with values; a value alone is that of the gateway's own id. */
  cookies?: readonly string[] | undefined;
  /** Said by the login proxy, wherever the request comes from. */
  user?: string | undefined;
  /** Where the request comes from. */
  address?: string | undefined;
}

export interface Explained {
  app: string;
  host: string;
  /** Null: it depends on the id that a new visitor gets, or there is no release. */
  release: ReleaseRef | null;
  role: 'stable' | 'gray' | 'warm' | null;
  why: Why;
  login: Login;
  /** The same for people. */
  sentences: string[];
}

const NO_ADDRESS = '0.0.0.0';

/**
 * Which release a visitor meets, and why: computed from the records as the gateway does it by the route.
 * @throws GantryError `app-unknown`, `no-production`, `no-identity`, `not-an-address`.
 */
export async function explainGray(parts: EngineParts, appName: string, visitor: DescribedVisitor): Promise<Explained> {
  const app = await findApp(parts, appName);
  const production = await findProduction(parts, app.id);
  if (production === undefined) {
    throw new GantryError('conflict', 'no-production', `${appName} has no production yet`, 'push a commit first');
  }
  const route = asked(routeOf(production), visitor);
  const met = whoMeets(route, requestOf(route, visitor), await factsOf(parts, production, route));
  const shown = (await showEnvironments(parts, app.id)).find(({ role }) => role === 'production');
  const role = roleOf(route, met.lane);
  const rules = await showRules(parts, route.rules);
  return {
    app: app.name,
    host: production.host,
    release: role === null ? null : (shown?.[role] ?? null),
    role,
    why: met.why,
    login: met.login,
    sentences: [loginSentence(met.login, route), whySentence(met.why, rules)].filter(Boolean),
  };
}

/** A user who was named is trusted: the question is about the user, not about the way of the request. */
function asked(route: Route, { user, address }: DescribedVisitor): Route {
  if (address !== undefined && isIP(address) === 0) {
    throw new GantryError('invalid', 'not-an-address', `"${address}" is no address`, 'give one such as 10.1.2.3');
  }
  if (user === undefined) return route;
  if (route.identity === null) {
    throw new GantryError(
      'conflict',
      'no-identity',
      'the release does not say how users are known: a name makes no difference',
      'add "identity" to the stage gray in gantry.yml, or ask about a cookie',
    );
  }
  return { ...route, identity: { ...route.identity, trustedFrom: ['0.0.0.0/0', '::/0'] } };
}

function requestOf({ identity }: Route, { headers = [], cookies = [], user, address }: DescribedVisitor) {
  const login = user === undefined || identity === null ? [] : [[identity.header, user] as const];
  const cookie = cookies.map((text) => (text.includes('=') ? text : `${ID_COOKIE}=${text}`)).join('; ');
  return {
    headers: [...headers, ...login, ...(cookie === '' ? [] : [['cookie', cookie] as const])],
    address: address ?? NO_ADDRESS,
  };
}

async function factsOf(parts: EngineParts, production: Environment, route: Route) {
  const lists = await Promise.all(listsOf(route).map((list) => usersIn(parts, list)));
  const instances = await listInstances(parts, { environmentId: production.id });
  return {
    isListed: (list: string, name: string) => lists.some(({ id, names }) => id === list && names.includes(name)),
    laneOfSession: (session: string) =>
      instances.find((one) => one.state === 'serving' && sessionOf(one.name) === session)?.lane as Lane | undefined,
  };
}

function roleOf(route: Route, lane: Met['lane']): Explained['role'] {
  if (lane === null) return null;
  if (lane === route.gray) return 'gray';
  return lane === route.stable ? 'stable' : 'warm';
}

function loginSentence(login: Login, { identity }: Route): string {
  switch (login.kind) {
    case 'none':
      return '';
    case 'trusted':
      return `the login proxy says that it is ${login.user}`;
    case 'refused':
      return `the header ${identity?.header} is not believed and goes away: ${REFUSED[login.why]}`;
    default:
      return assertNever(login);
  }
}

const REFUSED: Record<Extract<Login, { kind: 'refused' }>['why'], string> = {
  address: 'the request does not come from the login proxy',
  several: 'the request has it more than once',
  length: 'its value is too long for the name of a user',
};

function whySentence(why: Why, rules: readonly { text: string }[]): string {
  switch (why.kind) {
    case 'session':
      return 'a session on an instance of the release that was stable before: it goes on there until its time is over';
    case 'key':
      return "the request has the release's own key";
    case 'rule':
      return `rule ${why.rule} lets it in: ${rules[why.rule - 1]?.text}`;
    case 'share':
      return `its ${why.knownBy === 'login' ? 'name' : 'cookie'} falls into bucket ${why.bucket} of 10,000, and the share is ${formatShare(why.share)}: buckets below ${why.share} meet gray`;
    case 'new':
      return `nobody knows it yet: the gateway gives it an id, and ${formatShare(why.share)} of all ids meet gray`;
    case 'no-gray':
      return 'no release is gray: everybody meets stable';
    default:
      return assertNever(why);
  }
}
