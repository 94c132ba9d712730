import { constants } from 'node:fs';
import { access, mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditWatched } from '../../engine/audit/watched';
import type { Engine } from '../../engine/engine';
import { AUDIT_LATE_MS, CERTIFICATE_ENDS_MS } from '../limits';
import { validUntil } from '../listener/certificate';

export type HealthState = 'up' | 'degraded' | 'down';

/** What was found at one part; without anything secret, since everybody may see it. */
export interface Found {
  state: HealthState;
  /** One sentence. */
  found: string;
  /** What to do about it; empty when it is well. */
  next: string;
}

/** What is needed to look. */
export interface LookedAt {
  engine: Engine;
  options: { home: string; tls?: { certificate: string; key: string; own: boolean } };
}

/** One part of Gantry that is looked at. */
export interface Look {
  title: string;
  /** Is there such a part here? There is when this is left out. */
  applies?(parts: LookedAt): boolean;
  /** Without it web is not ready: it could accept nothing, or lose it. */
  needed: boolean;
  /** Rejects when the part does not answer as it should. */
  look(parts: LookedAt): Promise<Found>;
  /** What to do when `look` rejects. */
  next: string;
}

const up = (found: string): Found => ({ state: 'up', found, next: '' });

export const LOOKS = {
  sql: {
    title: 'Database',
    needed: true,
    next: 'look at the disk of the data folder: its space, its owner, whether it is mounted read-only',
    look: async ({ engine }) => {
      await engine.store.proveWritable();
      return up('answers, and can be written');
    },
  },
  schema: {
    title: 'Schema',
    needed: true,
    next: 'see the log of web',
    look: async ({ engine }) => {
      const { found, known } = await engine.store.schemaVersions();
      if (found === known) return up(`version ${found}`);
      const older = found < known ? 'this Gantry has not brought it up to date' : 'a newer Gantry wrote it';
      return {
        state: found === known + 1 ? 'degraded' : 'down',
        found: `version ${found}, and version ${known} is known here: ${older}`,
        next: found < known ? 'restart web' : 'end the upgrade: start the newer Gantry here, too',
      };
    },
  },
  bytes: {
    title: 'Artifacts',
    needed: true,
    next: 'look at the folder of artifacts: its owner, whether it is mounted read-only',
    look: ({ options }) => lookAtFolder(join(options.home, 'artifacts')),
  },
  bell: {
    title: 'Queue',
    needed: false,
    next: 'start Redis again; until then runners look into the database, which is slower and loses nothing',
    look: async ({ engine }) => {
      const { bell } = engine.parts;
      if (bell.state() === 'down') throw new Error('Redis does not answer');
      const trouble = bell.trouble();
      if (trouble !== undefined) return { state: 'degraded', ...trouble };
      return up(`answers; ${await bell.waiting()} hints wait for a runner`);
    },
  },
  runners: {
    title: 'Runners',
    needed: false,
    next: 'start one: gantry up; what was accepted waits, and apps keep serving',
    look: async ({ engine }) => {
      const { alive, places, lastSeen } = await engine.runners.see();
      if (alive > 0) return up(`${alive} ${alive === 1 ? 'is' : 'are'} there, for ${places} steps at once`);
      throw new Error(lastSeen === null ? 'none has been there for a day' : `the last one left ${utc(lastSeen)}`);
    },
  },
  audit: {
    title: 'Audit',
    needed: false,
    next: 'look at the database',
    look: async ({ engine }) => {
      const watched = await engine.audit.watched();
      return watched === null ? up('no runner has checked it yet') : lookAtWatch(watched, engine.parts.clock.now());
    },
  },
  certificate: {
    title: 'Certificate',
    needed: false,
    next: 'look at its files; until then the one that was read last is shown',
    applies: ({ options }) => options.tls !== undefined,
    look: async ({ options, engine }) => {
      if (options.tls === undefined) throw new Error('there is none');
      return lookAtEnd(validUntil(options.tls) - engine.parts.clock.now(), options.tls.own);
    },
  },
} as const satisfies Record<string, Look>;

export type PartName = keyof typeof LOOKS;
export const PART_NAMES = Object.keys(LOOKS) as [PartName, ...PartName[]];

/** Where there are millions of entries a pass takes longer than the time after which others are late. */
function lookAtWatch({ breaks: [broken], passedAt, passMs, entries }: AuditWatched, now: number): Found {
  if (broken !== undefined) return { state: 'down', found: broken.says, next: AUDIT_BROKEN };
  if (passedAt === null) return up('being checked');
  if (now - passedAt <= Math.max(AUDIT_LATE_MS, 4 * (passMs ?? 0)))
    return up(`${entries} entries were as they were written`);
  return { state: 'degraded', found: `was checked last at ${utc(passedAt)}`, next: AUDIT_LATE };
}

const AUDIT_LATE = "see the runner's log (loop audit); none checks it without a runner, or while everything is held";
const AUDIT_BROKEN = 'keep a copy of the database and of the anchors, then see: gantry audit verify (docs/audit.md)';

const utc = (ms: number): string => new Date(ms).toISOString();

/** With less free space than this an artifact may not fit any more, bytes. */
const SPACE_LOW = 1024 * 1024 * 1024;

async function lookAtFolder(folder: string): Promise<Found> {
  await mkdir(folder, { recursive: true });
  await access(folder, constants.W_OK);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const found = `can be written; ${(free / 1024 ** 3).toFixed(1)} GiB are free`;
  return free >= SPACE_LOW ? up(found) : { state: 'degraded', found, next: 'make room on its disk' };
}

function lookAtEnd(leftMs: number, own: boolean): Found {
  const days = Math.floor(leftMs / 86_400_000);
  const next = own ? 'renew it: gantry tls renew' : 'put a new one into its place';
  if (leftMs <= 0) return { state: 'down', found: 'it has ended: nobody trusts it any more', next };
  const found = `good for ${days} more ${days === 1 ? 'day' : 'days'}`;
  return leftMs < CERTIFICATE_ENDS_MS ? { state: 'degraded', found, next } : up(found);
}
