import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import { type AppId, type GlassId, newId } from '../model/ids';
import type { EngineParts } from '../parts';
import { nowOf } from '../store/now';
import type { Reader, Tx } from '../store/store';
import type { Tables } from '../store/tables';
import { userNamed } from '../users/find';
import { type Gate, gateById } from './gate';
import type { GateFacts } from './judge';
import { PARTS } from './part';
import { peopleInChange, standingOf } from './people';
import { refusing } from './refused';

/** Somebody else has looked at it by then. */
export const REVIEW_MS = 24 * 3_600_000;

/** Writes down that a gate was opened in an emergency. @returns until when it must be reviewed; null: need not be */
export async function breakGlass(
  parts: EngineParts,
  tx: Tx,
  { gate, facts, vote }: { gate: Gate; facts: GateFacts; vote: { user: string; reason: string } },
  needsReview: boolean,
): Promise<number | null> {
  const due = needsReview ? facts.now + REVIEW_MS : null;
  await tx
    .insertInto('glass_breaks')
    .values({
      id: newId<GlassId>(parts.clock, parts.random),
      app_id: gate.app_id,
      run_id: gate.run_id,
      approval_id: gate.id,
      step: gate.step,
      broken_by: vote.user,
      reason: vote.reason,
      broken_at: facts.now,
      review_due: due,
      reviewed_at: null,
      reviewed_by: null,
      verdict: null,
      note: '',
    })
    .execute();
  await recordAudit(parts, tx, {
    chain: gate.app,
    actor: `user:${vote.user}`,
    action: 'approval.break-glass',
    object: `${gate.app}#${gate.number}/${gate.step}`,
    detail: { reason: vote.reason, bound: gate.bound_hash, asks: `${gate.count} ${gate.role}`, reviewDue: due },
  });
  return due;
}

/** Whether glass that was broken at an app still waits for a review that should have been. */
export async function isReviewOverdue(db: Reader, app: AppId, now: number): Promise<boolean> {
  const row = await db
    .selectFrom('glass_breaks')
    .select('id')
    .where('app_id', '=', app)
    .where('reviewed_at', 'is', null)
    .where('review_due', '<', now)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export interface Review {
  app: string;
  run: number;
  user: string;
  byToken?: boolean;
  verdict: 'right' | 'wrong';
  note: string;
}

/**
 * Somebody else looks at what was done in an emergency, and says whether it was right.
 * @throws GantryError `nothing-to-review`, `person-needed`, `review-own`, `role-missing`, `reason-needed`.
 */
export async function reviewGlass(parts: EngineParts, review: Review): Promise<{ run: number; steps: string[] }> {
  const asked = { ...review, reason: review.note, action: 'approval.review' };
  return refusing(parts, asked, () => parts.store.write((tx) => reviewIn(parts, tx, review)));
}

async function reviewIn(parts: EngineParts, tx: Tx, review: Review): Promise<{ run: number; steps: string[] }> {
  const { app, run, user, verdict, note } = review;
  const open = await tx
    .selectFrom('glass_breaks')
    .innerJoin('apps', 'apps.id', 'glass_breaks.app_id')
    .innerJoin('runs', 'runs.id', 'glass_breaks.run_id')
    .selectAll('glass_breaks')
    .where('apps.name', '=', app)
    .where('runs.number', '=', run)
    .where('glass_breaks.review_due', 'is not', null)
    .where('glass_breaks.reviewed_at', 'is', null)
    .execute();
  if (open.length === 0) {
    throw new GantryError('conflict', 'nothing-to-review', `nothing waits for a review in ${app}#${run}`, '');
  }
  if (note.trim() === '') {
    throw new GantryError('invalid', 'reason-needed', 'a review says what was found', 'say it: --reason TEXT');
  }
  for (const broken of open) {
    await demandReviewer(tx, broken, review);
    const said = { reviewed_at: await nowOf(tx), reviewed_by: user, verdict, note };
    await tx.updateTable('glass_breaks').set(said).where('id', '=', broken.id).execute();
    await recordAudit(parts, tx, {
      chain: app,
      actor: `user:${user}`,
      action: 'approval.review',
      object: `${app}#${run}/${broken.step}`,
      detail: { verdict, note, brokenBy: broken.broken_by, late: said.reviewed_at > (broken.review_due ?? 0) },
    });
  }
  return { run, steps: open.map(({ step }) => step) };
}

/** Who reviews would have been asked in the first place: with the gate's role, and no part in the change. */
async function demandReviewer(tx: Tx, broken: Tables['glass_breaks'], { user, byToken }: Review): Promise<void> {
  if (byToken === true) {
    const next = 'sign in: gantry login';
    throw new GantryError('forbidden', 'person-needed', 'a token cannot review: this is for people to do', next);
  }
  if (broken.broken_by === user) {
    throw new GantryError('forbidden', 'review-own', `${user} broke this glass, and so does not review it`, '');
  }
  const gate = await gateById(tx, broken.approval_id);
  const { holdsRole, part } = await standingOf(
    tx,
    await userNamed(tx, user),
    gate,
    await peopleInChange(tx, gate.run_id),
  );
  if (part !== null) {
    const message = `${user} ${PARTS[part]}, and so does not review it`;
    throw new GantryError('forbidden', 'review-own', message, `ask another ${gate.role}`);
  }
  if (!holdsRole) {
    const message = `${gate.step} is reviewed by a ${gate.role}, and ${user} is none`;
    throw new GantryError('forbidden', 'role-missing', message, `ask a ${gate.role}`);
  }
}

export interface GlassShown {
  app: string;
  run: number;
  step: string;
  by: string;
  reason: string;
  at: number;
  /** Null: nobody needs to review it. */
  reviewDue: number | null;
  review: { by: string; at: number; verdict: 'right' | 'wrong'; note: string } | null;
}

/** Glass that was broken: of one run, or whatever waits for its review, newest first. */
export async function showGlass(parts: EngineParts, of: { run?: string; toReview?: true }): Promise<GlassShown[]> {
  const rows = await parts.store.read
    .selectFrom('glass_breaks')
    .innerJoin('apps', 'apps.id', 'glass_breaks.app_id')
    .innerJoin('runs', 'runs.id', 'glass_breaks.run_id')
    .selectAll('glass_breaks')
    .select(['apps.name as app', 'runs.number'])
    .$if(of.run !== undefined, (query) => query.where('glass_breaks.run_id', '=', of.run as never))
    .$if(of.toReview === true, (query) =>
      query.where('glass_breaks.review_due', 'is not', null).where('glass_breaks.reviewed_at', 'is', null),
    )
    .orderBy('glass_breaks.broken_at', 'desc')
    .limit(SHOWN_MAX)
    .execute();
  return rows.map(shownOf);
}

const SHOWN_MAX = 200;

const shownOf = (row: Tables['glass_breaks'] & { app: string; number: number }): GlassShown => ({
  app: row.app,
  run: row.number,
  step: row.step,
  by: row.broken_by,
  reason: row.reason,
  at: row.broken_at,
  reviewDue: row.review_due,
  review:
    row.reviewed_at === null || row.reviewed_by === null || row.verdict === null
      ? null
      : { by: row.reviewed_by, at: row.reviewed_at, verdict: row.verdict, note: row.note },
});
