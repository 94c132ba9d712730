import type { IdentitySpec } from '../../pipelines/types';
import { type GrayRule, LANES, type Lane } from '../ports/gateway';
import { currentRules, type FormerRules } from './rules';

/**
 * Who serves a host: pure moves over one small record. Promote, rollback, gray and undo are all moves of this record;
 * the gateway then gets the new route, whatever the move was called. A lane holds at most one release.
 */
export interface Traffic {
  lanes: Record<Lane, string | null>;
  /** How the release in a lane wants to be met. Absent where an older Gantry placed it. */
  settings: Partial<Record<Lane, LaneSettings>>;
  stable: Lane | null;
  gray: Lane | null;
  warm: Lane | null;
  /** What is still open in the warm lane, which was stable until now; null when it was given its time. */
  leaving: Leaving | null;
  /** Release that was stable before; the way back, also when nothing of it is kept warm any more. */
  previous: string | null;
  /** Gray's share in 1/10,000. */
  share: number;
  rules: readonly GrayRule[];
  /** The release's own key: requests with it meet gray, too. */
  key: string;
  salt: string;
}

export interface LaneSettings {
  /** A visitor's session stays on its instance. */
  sticky: boolean;
  /** How long what is open may go on when the lane loses the traffic, ms. */
  drain: number;
  identity: IdentitySpec | null;
}

export interface Leaving {
  /** Then WebSockets are closed and sessions move on. */
  until: number;
  /** Whether visitors with a session there still meet it, until then. */
  sessions: boolean;
}

export const EMPTY_TRAFFIC: Traffic = {
  lanes: { a: null, b: null, c: null },
  settings: {},
  stable: null,
  gray: null,
  warm: null,
  leaving: null,
  previous: null,
  share: 0,
  rules: [],
  key: '',
  salt: '',
};

/** A record of any age: what an older Gantry did not know is as if it was never used. */
export function readTraffic(text: string): Traffic {
  const kept = JSON.parse(text) as Omit<Traffic, 'rules'> & { rules: readonly GrayRule[] | FormerRules };
  return { ...EMPTY_TRAFFIC, ...kept, rules: currentRules(kept.rules) };
}

/** Time for what is open in a lane whose release says nothing about it, ms. */
const DRAIN_MS = 30_000;

/** How long what is open in a lane may go on when it loses the traffic, ms. */
export const drainOf = (traffic: Traffic, lane: Lane | null): number =>
  (lane === null ? undefined : traffic.settings[lane]?.drain) ?? DRAIN_MS;

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
export function place(traffic: Traffic, releaseId: string, settings?: LaneSettings): { traffic: Traffic; lane: Lane } {
  const own = laneOf(traffic, releaseId);
  if (own !== undefined) return { traffic: withSettings(traffic, own, settings), lane: own };
  const free = LANES.find((lane) => traffic.lanes[lane] === null);
  if (free === undefined) {
    throw new TrafficError('all three lanes are taken; retire what no longer serves first');
  }
  const placed = { ...traffic, lanes: { ...traffic.lanes, [free]: releaseId } };
  return { traffic: withSettings(placed, free, settings), lane: free };
}

const withSettings = (traffic: Traffic, lane: Lane, settings: LaneSettings | undefined): Traffic =>
  settings === undefined ? traffic : { ...traffic, settings: { ...traffic.settings, [lane]: settings } };

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
  gray: Pick<Traffic, 'share' | 'rules' | 'key' | 'salt'>,
): Traffic {
  const lane = mustHold(traffic, releaseId);
  if (lane === traffic.stable) throw new TrafficError('the release is stable already; it cannot be gray');
  if (!Number.isInteger(gray.share) || gray.share < 0 || gray.share > FULL_SHARE) {
    throw new TrafficError(`a share is a whole number from 0 to ${FULL_SHARE}, not ${gray.share}`);
  }
  const { share, rules, key, salt } = gray;
  return { ...(traffic.warm === lane ? dropWarm(traffic) : traffic), gray: lane, share, rules, key, salt };
}

/** Takes gray's traffic away; its lane becomes loose. Nothing when there is no gray. */
export function clearGray(traffic: Traffic): Traffic {
  return { ...traffic, gray: null, share: 0, rules: [], key: '', salt: '' };
}

/**
 * The release becomes stable; who was stable is kept warm, and who was warm becomes loose. With `leave`, what is open
 * at the old release may go on for the time that it asked for; with `sessions`, so may visitors that have one there.
 */
export function makeStable(traffic: Traffic, releaseId: string, leave?: { now: number; sessions: boolean }): Traffic {
  const lane = mustHold(traffic, releaseId);
  const old = traffic.stable;
  if (old === lane) return clearGray(traffic);
  const leaving =
    old === null || leave === undefined
      ? null
      : {
          until: leave.now + drainOf(traffic, old),
          sessions: leave.sessions && traffic.settings[old]?.sticky === true,
        };
  return {
    ...clearGray(traffic),
    stable: lane,
    warm: old,
    leaving,
    previous: old === null ? null : traffic.lanes[old],
  };
}

/** Like `makeStable`, but nothing is kept warm: a test environment needs no way back but its next release. */
export function replaceStable(traffic: Traffic, releaseId: string): Traffic {
  return dropWarm(makeStable(traffic, releaseId));
}

/** Stops keeping the old release warm; its lane becomes loose. It stays the way back. */
export function dropWarm(traffic: Traffic): Traffic {
  return { ...traffic, warm: null, leaving: null };
}

/** Visitors with a session in the warm lane meet stable from now on. */
export function endSessions(traffic: Traffic): Traffic {
  return traffic.leaving === null ? traffic : { ...traffic, leaving: { ...traffic.leaving, sessions: false } };
}

/** Nothing is open in the warm lane any more. */
export function endLeaving(traffic: Traffic): Traffic {
  return { ...traffic, leaving: null };
}

/** Empties a lane that has no role. */
export function emptyLane(traffic: Traffic, lane: Lane): Traffic {
  if (hasRole(traffic, lane)) throw new TrafficError(`lane ${lane} still has a role and cannot be emptied`);
  const { [lane]: _gone, ...settings } = traffic.settings;
  return { ...traffic, lanes: { ...traffic.lanes, [lane]: null }, settings };
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
  if (traffic.warm === null && traffic.leaving !== null) broken.push('somebody leaves, but nothing is warm');
  if (traffic.share < 0 || traffic.share > FULL_SHARE) broken.push('a share outside 0 to 10,000');
  const held = LANES.map((lane) => traffic.lanes[lane]).filter((id): id is string => id !== null);
  if (new Set(held).size !== held.length) broken.push('one release in two lanes');
  return broken;
}
