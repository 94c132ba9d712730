import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { ROLES, type Role } from '../../engine/users/actions';
import { formTokens } from '../../web/identity/forms';
import type { Route } from '../../web/route';
import { routes } from '../../web/server';
import { type House, makeHouse } from './support/house';
import { tokenFor } from './support/people';
import { PEOPLE_FILE, peopleText } from './support/write-people';

/** What the page promises, read from its words: the test believes nothing of the code. */
const page = readFileSync(PEOPLE_FILE, 'utf8');
const rowsOf = (name: string): string[][] =>
  (new RegExp(`<!-- ${name} -->\n([^]*)\n<!-- /${name} -->`).exec(page)?.[1] ?? '')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim().replace(/^`|`$/g, '')))
    .map((cells) => cells.slice(1, -1));
const [roleHead = [], , ...roleRows] = rowsOf('roles');
const promised = (role: Role, right: string): boolean =>
  roleRows.find(([action]) => action === right)?.[roleHead.indexOf(role)] === 'yes';
const rightOf = (route: Pick<Route, 'method' | 'path'>): string =>
  rowsOf('routes').find(([method, path]) => method === route.method && path === route.path)?.[2] ?? 'none';

const OWN = 'storefront';
const OTHER = 'ledger';
const EXAMPLES: Record<string, string> = { number: '7', step: 'plan', forge: 'github', file: 'gantry.css' };
const isOpen = (right: string): boolean => right === 'signed-in' || right === 'filtered';

/** They send people to the sign-in themselves: to sign out, and to prove once more who they are. */
const TO_SIGN_IN = ['/logout', '/confirm'];

type Seen = 'open' | 'refused' | 'no such app' | 'nobody';

/** How it was answered. What nothing but the input was wrong with was open. */
function seen(status: number, text: string): Seen {
  if (status === 401 || (status === 303 && text.startsWith('/login'))) return 'nobody';
  if (status === 403 && /takes (the role|one of the roles)|this token is not/.test(text)) return 'refused';
  return status === 404 && /there is no app/.test(text) ? 'no such app' : 'open';
}

/** Somebody with a role at the own app, or at all of them. */
interface Person {
  role: Role;
  everywhere: boolean;
  token: string;
}

describe('roles', function () {
  this.timeout(60_000);
  let house: House;
  let forms: ReturnType<typeof formTokens>;
  const people: Person[] = [];
  before(async () => {
    house = await makeHouse();
    for (const name of [OWN, OTHER]) await house.post('/api/v1/apps', { name });
    forms = formTokens(await house.engine.store.secret('session'));
    for (const role of ROLES) {
      for (const everywhere of [false, true]) {
        const name = `${role}-${everywhere ? 'all' : 'own'}`;
        const user = await house.engine.users.add({ name, role, app: everywhere ? undefined : OWN }, 'rule:test');
        const token = await tokenFor(house.engine, user);
        people.push({ role, everywhere, token });
      }
    }
  });
  after(() => house.close());

  const headersOf = async (route: Route, { token }: Person): Promise<Record<string, string>> => {
    if (route.permission === 'git') return { authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` };
    if (route.permission === 'user') return { authorization: `Bearer ${token}` };
    const session = await house.engine.signin.byToken(token, { agent: 'a test', address: '127.0.0.1' });
    return { cookie: `gantry_session=${session?.secret}`, 'sec-fetch-site': 'same-origin' };
  };

  /** Asks as this person; of the answer only what is needed is read, since some never end. */
  async function ask(route: Route, person: Person, app: string): Promise<Seen> {
    const headers = await headersOf(route, person);
    const form = forms.of(headers.cookie?.replace(/^\w+=/, '') ?? '');
    const address = route.path.replace(/:(\w+)/g, (_all, name: string) => {
      if (name === 'app') return app;
      return name === 'repository' ? `${app}.git` : (EXAMPLES[name] ?? 'nothing');
    });
    const service = route.path.endsWith('/info/refs') ? '?service=git-upload-pack' : '';
    const query = route.app === 'query' && app !== '' ? `?app=${app}` : service;
    const isForm = route.permission === 'page' && route.method === 'POST';
    const end = new AbortController();
    const answer = await fetch(`${house.web.url}${address}${query}`, {
      method: route.method,
      redirect: 'manual',
      signal: end.signal,
      headers: { ...headers, ...(isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) },
      ...(isForm ? { body: new URLSearchParams({ form }).toString() } : {}),
    });
    const { status } = answer;
    const text = status === 403 || status === 404 ? await answer.text() : (answer.headers.get('location') ?? '');
    end.abort();
    return TO_SIGN_IN.includes(route.path) && status !== 403 ? 'open' : seen(status, text);
  }

  const expected = (person: Person, right: string, app: string): Seen => {
    if (isOpen(right)) return 'open';
    if (app === OTHER && !person.everywhere) return 'no such app';
    const isTheirs = person.everywhere || app === OWN;
    return isTheirs && promised(person.role, right) ? 'open' : 'refused';
  };

  it('have the rights that docs/people.md tells (else write it anew: test/web/support/write-people.ts)', () => {
    expect(page === peopleText()).to.equal(true);
  });

  for (const route of routes.filter(({ may }) => may !== undefined)) {
    const right = rightOf(route);
    const isOfApp = /:(app|repository)\b/.test(route.path);
    const places = isOfApp ? [OWN, OTHER] : route.app === 'query' ? ['', OWN, OTHER] : [''];
    it(`decide over ${route.method} ${route.path} by the right "${right}" [S32] [S33]`, async () => {
      for (const app of places) {
        for (const person of people) {
          const who = `${person.role} of ${person.everywhere ? 'all apps' : OWN}, at ${app || 'no app'}`;
          expect(await ask(route, person, app), who).to.equal(expected(person, right, app));
        }
      }
    });
  }

  it('decide over shells [S33]', async () => {
    const right = rightOf({ method: 'GET', path: '/api/v1/apps/:app/shell' });
    for (const app of [OWN, OTHER]) {
      for (const person of people) {
        const url = `${house.web.url.replace('http', 'ws')}/api/v1/apps/${app}/shell`;
        const socket = new WebSocket(url, { headers: { authorization: `Bearer ${person.token}` } });
        const answer = await new Promise<Seen>((resolve, reject) => {
          socket.once('open', () => resolve('open'));
          socket.once('error', reject);
          socket.once('unexpected-response', (_request, response) => {
            response.setEncoding('utf8').once('data', (text: string) => resolve(seen(response.statusCode ?? 0, text)));
          });
        });
        socket.on('error', () => undefined).terminate();
        expect(answer, `${person.role} at ${app}`).to.equal(expected(person, right, app));
      }
    }
  });
});
