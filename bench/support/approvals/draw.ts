import { EXPIRES_MS, type GateWorld, HOUR, type Move, type Person } from './world';

/** mulberry32: small, fast, and the same everywhere. */
export function chanceOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

type Chance = ReturnType<typeof chanceOf>;
const pick = <T>(chance: Chance, items: readonly T[]): T => items[chance(items.length)] as T;

const NAMES = ['ada', 'grace', 'eve', 'ivy', 'olga', 'victor'];
const ROLES = ['developer', 'release-manager', 'release-manager', 'qa', 'operator', 'viewer'];
const MAILS = [...NAMES.map((name) => `${name}@example.org`), 'ada@home.example', 'grace@home.example'];

export function drawWorld(chance: Chance): GateWorld {
  const solo = chance(12) === 0;
  const people = (solo ? NAMES.slice(0, 1) : NAMES).map((name): [string, Person] => [
    name,
    { name, roles: new Set([pick(chance, ROLES), pick(chance, ROLES)]), mails: new Set([`${name}@example.org`]) },
  ]);
  return {
    people: new Map(people),
    writers: new Set([pick(chance, MAILS), pick(chance, MAILS)]),
    actors: new Set([pick(chance, NAMES)]),
    role: 'release-manager',
    count: solo ? 1 : 1 + chance(3),
    bound: 1,
    now: 1_000_000,
  };
}

export function drawMove(chance: Chance, world: GateWorld): Move {
  const user = pick(chance, [...world.people.keys()]);
  const n = chance(100);
  if (n < 55) return drawVote(chance, world, user);
  if (n < 60) return { do: 'withdraw', user };
  if (n < 78) return { do: 'use' };
  if (n < 83) return { do: 'change' };
  if (n < 87) return { do: 'revoke', user, role: pick(chance, ROLES) };
  if (n < 92) return { do: 'grant', user, role: pick(chance, ROLES) };
  if (n < 96) return { do: 'link', user, mail: pick(chance, MAILS) };
  return { do: 'pass', ms: pick(chance, [1_000, HOUR, EXPIRES_MS + 1]) };
}

const drawVote = (chance: Chance, { bound }: GateWorld, user: string): Move => ({
  do: 'vote',
  user,
  vote: chance(40) === 0 ? 'no' : 'yes',
  shown: pick(chance, [bound, bound, bound, bound, bound, bound, bound, bound - 1, null]),
  byToken: chance(15) === 0,
  breaksGlass: chance(12) === 0,
});

/** What the move makes of the world itself; what it makes of the gate is the door's. */
export function changeWorld(world: GateWorld, move: Move): void {
  const person = 'user' in move ? world.people.get(move.user) : undefined;
  if (move.do === 'change') world.bound += 1;
  if (move.do === 'pass') world.now += move.ms;
  if (move.do === 'grant') person?.roles.add(move.role);
  if (move.do === 'revoke') person?.roles.delete(move.role);
  // An address is one person's.
  const isFree = move.do === 'link' && ![...world.people.values()].some(({ mails }) => mails.has(move.mail));
  if (isFree) person?.mails.add(move.mail);
}
