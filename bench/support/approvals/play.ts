import { chanceOf, changeWorld, drawMove, drawWorld } from './draw';
import { Oracle } from './oracle';
import type { Answer, Door, GateWorld, Move } from './world';

export const MOVES = 30;

export interface Played {
  /** What was let through that must not be; undefined: nothing. */
  bypass: string | undefined;
  used: number;
}

/** One history at one gate, from its seed. @param open makes the door of a world */
export async function playHistory(seed: number, open: (world: GateWorld) => Promise<Door>): Promise<Played> {
  const chance = chanceOf(seed);
  const world = drawWorld(chance);
  const door = await open(world);
  const oracle = new Oracle(world);
  let used = 0;
  for (let i = 0; i < MOVES; i++) {
    const move = drawMove(chance, world);
    changeWorld(world, move);
    await door.follow(move);
    const answer = await ask(door, move);
    if (answer === undefined) continue;
    if (answer.is === 'used') used += 1;
    const bypass = oracle.see(move, answer);
    if (bypass !== undefined) return { bypass: `seed ${seed}, ${JSON.stringify(move)}: ${bypass}`, used };
    if (answer.is === 'rejected') break;
  }
  return { bypass: undefined, used };
}

function ask(door: Door, move: Move): Promise<Answer> | undefined {
  if (move.do === 'vote') return door.vote(move);
  if (move.do === 'withdraw') return door.withdraw(move.user);
  return move.do === 'use' ? door.use() : undefined;
}
