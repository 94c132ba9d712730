import type { GrayRules, Lane } from '../ports/gateway';
import { LANES } from '../ports/gateway';

/**
 * Who serves a host: pure moves over one small record. Promote, rollback, gray and undo are all moves of this record;
 * the gateway then gets the new route, whatever the move was called. A lane holds at most one release.
 */
export interface Traffic {
  lanes: Record<Lane, string | null>;
  stable: Lane | null;
  gray: Lane | null;
  warm: Lane | null;
  /** Release that was stable before; the way back, also when nothing of it is kept warm any more. */
  previous: string | null;
  /** Gray's share in 1/10,000. */
  share: number;
  rules: GrayRules;
  salt: string;
}

export const EMPTY_TRAFFIC: Traffic = {
  lanes: { a: null, b: null, c: null },
  stable: null,
  gray: null,
  warm: null,
  previous: null,
  share: 0,
  rules: {},
  salt: '',
};

/** All of an app's traffic, in 1/10,000. */
export const FULL_SHARE = 10_000;

export class TrafficError extends Error {
  override readonly name = 'TrafficError';
}

export const laneOf = (traffic: Traffic, releaseId: string): Lane | undefined =>
  LANES.find((lane) => traffic.lanes[lane] === releaseId);

/** Lanes that no role names: what is there may be drained and removed. */
export const looseLanes = (traffic: Traffic): Lane[] =>
  LANES.filter((lane) => traffic.lanes[lane] !== null && !hasRole(traffic, lane));

const hasRole = (traffic: Traffic, lane: Lane): boolean =>
  traffic.stable === lane || traffic.gray === lane || traffic.warm === lane;

/** Gives the release a lane (its own if it has one), without any traffic. */
export function place(traffic: Traffic, releaseId: string): { traffic: Traffic; lane: Lane } {
  const own = laneOf(traffic, releaseId);
  if (own !== undefined) return { traffic, lane: own };
  const free = LANES.find((lane) => traffic.lanes[lane] === null);
  if (free === undefined) {
    throw new TrafficError('all three lanes are taken; retire what no longer serves first');
  }
  return { traffic: { ...traffic, lanes: { ...traffic.lanes, [free]: releaseId } }, lane: free };
}

/**
 * The lane that must be emptied before the release can have one: what is only kept warm gives way first, since the
 * next stable release takes that role from it anyway. Undefined when there is room.
 */
export function laneToFree(traffic: Traffic, releaseId: string): Lane | undefined {
  const hasRoom = laneOf(traffic, releaseId) !== undefined || LANES.some((lane) => traffic.lanes[lane] === null);
  return hasRoom ? undefined : (traffic.warm ?? looseLanes(traffic)[0]);
}

/** Makes the release gray with this share. A share of 0 keeps it beside stable without traffic but for the rules. */
export function setGray(
  traffic: Traffic,
  releaseId: string,
  gray: { share: number; rules: GrayRules; salt: string },
): Traffic {
  const lane = mustHold(traffic, releaseId);
  if (lane === traffic.stable) throw new TrafficError('the release is stable already; it cannot be gray');
  if (!Number.isInteger(gray.share) || gray.share < 0 || gray.share > FULL_SHARE) {
    throw new TrafficError(`a share is a whole number from 0 to ${FULL_SHARE}, not ${gray.share}`);
  }
  return {
    ...traffic,
    gray: lane,
    warm: traffic.warm === lane ? null : traffic.warm,
    share: gray.share,
    rules: gray.rules,
    salt: gray.salt,
  };
}

/** Takes gray's traffic away; its lane becomes loose. Nothing when there is no gray. */
export function clearGray(traffic: Traffic): Traffic {
  return { ...traffic, gray: null, share: 0, rules: {}, salt: '' };
}

/** The release becomes stable; who was stable is kept warm, and who was warm becomes loose. */
export function makeStable(traffic: Traffic, releaseId: string): Traffic {
  const lane = mustHold(traffic, releaseId);
  if (traffic.stable === lane) return clearGray(traffic);
  const previous = traffic.stable === null ? null : traffic.lanes[traffic.stable];
  return { ...clearGray(traffic), stable: lane, warm: traffic.stable, previous };
}

/** Like `makeStable`, but nothing is kept warm: a test environment needs no way back but its next release. */
export function replaceStable(traffic: Traffic, releaseId: string): Traffic {
  return { ...makeStable(traffic, releaseId), warm: null };
}

/** Stops keeping the old release warm; its lane becomes loose. It stays the way back. */
export function dropWarm(traffic: Traffic): Traffic {
  return { ...traffic, warm: null };
}

/** Empties a lane that has no role. */
export function emptyLane(traffic: Traffic, lane: Lane): Traffic {
  if (hasRole(traffic, lane)) throw new TrafficError(`lane ${lane} still has a role and cannot be emptied`);
  return { ...traffic, lanes: { ...traffic.lanes, [lane]: null } };
}

function mustHold(traffic: Traffic, releaseId: string): Lane {
  const lane = laneOf(traffic, releaseId);
  if (lane === undefined) throw new TrafficError('the release has no instances in this environment');
  return lane;
}

/** Invariants that must hold after every move; a broken one stops switches of that app. */
export function checkTraffic(traffic: Traffic): string[] {
  const broken: string[] = [];
  const named = [traffic.stable, traffic.gray, traffic.warm].filter((lane): lane is Lane => lane !== null);
  if (new Set(named).size !== named.length) broken.push('one lane has two roles');
  for (const lane of named) if (traffic.lanes[lane] === null) broken.push(`lane ${lane} has a role and no release`);
  if (traffic.gray === null && traffic.share !== 0) broken.push('a share without a gray release');
  if (traffic.share < 0 || traffic.share > FULL_SHARE) broken.push('a share outside 0 to 10,000');
  const held = LANES.map((lane) => traffic.lanes[lane]).filter((id): id is string => id !== null);
  if (new Set(held).size !== held.length) broken.push('one release in two lanes');
  return broken;
}
