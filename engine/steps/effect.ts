import { useApprovals } from '../approvals/use';
import { LeaseLostError, RunEndedError } from '../model/errors';
import { canonical, type Json, sha256 } from '../model/hash';
import type { StepId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { EffectRequest } from '../ports/step-kind';
import { insertInto, statement } from '../store/statement';
import type { Tx } from '../store/store';
import type { Tables } from '../store/tables';
import { fence, fenceIntent } from './fence';
import type { StepLease } from './lease';

/** The name of an effect, the same in each epoch: a container is named by it, so that a second one is a conflict. */
export const effectKey = (lease: StepLease, target: string): string =>
  sha256(canonical([lease.run.id, lease.name, lease.verb, target])).slice(0, 32);

const effectOf = statement<{ key: string }, Tables['effects']>((db, argument) =>
  db.selectFrom('effects').selectAll().where('key', '=', argument('key')),
);
const countEffects = statement<{ step: StepId }, { n: number }>((db, argument) =>
  db
    .selectFrom('effects')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('step_id', '=', argument('step')),
);
const insertEffects = insertInto('effects');
const confirm = statement<{ key: string; observation: string; at: number }, unknown>((db, argument) =>
  db
    .updateTable('effects')
    .set({ state: 'confirmed', observation: argument('observation'), ended_at: argument('at') })
    .where('key', '=', argument('key')),
);

/**
 * Intent → effect → confirm. The intent is committed, under the fence, before the world is touched. When an earlier
 * epoch intended the same, the world is looked at first, and what is there is adopted.
 * @throws LeaseLostError before the act, or before the confirmation; RunEndedError before the intent.
 */
export async function performEffect<T extends Json>(
  parts: EngineParts,
  lease: StepLease,
  request: EffectRequest<T>,
): Promise<T> {
  const key = effectKey(lease, request.target);
  const { row, fresh } = await intend(parts, lease, key, request);
  await parts.probe('effect-intended', { key, epoch: lease.epoch });
  if (row.state === 'confirmed') return JSON.parse(row.observation ?? 'null') as T;
  const seen = fresh ? undefined : await request.find(key);
  const observation = seen ?? (await request.act(key, JSON.parse(row.intent) as Json));
  await parts.probe('effect-done', { key, epoch: lease.epoch });
  await parts.store.write(async (tx) => {
    await fence(tx, lease);
    await confirm(tx, { key, observation: canonical(observation), at: parts.clock.now() });
  });
  await parts.probe('effect-confirmed', { key, epoch: lease.epoch });
  return observation;
}

/**
 * Something that leaves nothing behind once it has ended, and that is simply done again after a crash: a command in a
 * container, where whoever comes later removes what an earlier epoch left running. The lease, committed before, is its
 * intent, and the step's result its confirmation: no row and no transaction of its own. An actor whose lease is old is
 * refused before the act all the same.
 * @param stop aborts the signal that `act` goes by: what an earlier epoch left is removed, and nothing begins
 * @throws LeaseLostError, RunEndedError before the act
 */
export async function performEphemeral<T>(
  parts: EngineParts,
  lease: StepLease,
  target: string,
  act: (key: string) => Promise<T>,
  stop: () => void,
): Promise<T> {
  const key = effectKey(lease, target);
  try {
    await fenceIntent(parts.store.read, lease);
  } catch (error) {
    if (!(error instanceof RunEndedError) || lease.epoch === 1) throw error;
    stop();
  }
  await parts.probe('effect-intended', { key, epoch: lease.epoch });
  const done = await act(key);
  await parts.probe('effect-done', { key, epoch: lease.epoch });
  return done;
}

interface Intended {
  row: Tables['effects'];
  /** No earlier epoch intended it. */
  fresh: boolean;
}

async function intend<T extends Json>(
  parts: EngineParts,
  lease: StepLease,
  key: string,
  request: EffectRequest<T>,
): Promise<Intended> {
  const intended = await parts.store.write(async (tx): Promise<Intended | undefined> => {
    await fenceIntent(tx, lease);
    if ((await useApprovals(parts, tx, lease)) !== undefined) return undefined;
    const [known] = await effectOf(tx, { key });
    if (known !== undefined) {
      // What was taken back may be done again, and needs no look: it was seen to be gone.
      const again = known.state === 'compensated';
      const intent = again ? await intentOf(tx, request) : known.intent;
      await tx
        .updateTable('effects')
        .set(again ? { epoch: lease.epoch, state: 'intended', intent, observation: null } : { epoch: lease.epoch })
        .where('key', '=', key)
        .execute();
      return { row: again ? { ...known, state: 'intended', intent } : known, fresh: again };
    }
    const [count] = await countEffects(tx, { step: lease.stepId });
    const row: Tables['effects'] = {
      key,
      run_id: lease.run.id,
      step_id: lease.stepId,
      verb: lease.verb,
      number: Number(count?.n ?? 0),
      target: request.target,
      epoch: lease.epoch,
      state: 'intended',
      intent: await intentOf(tx, request),
      observation: null,
      created_at: parts.clock.now(),
      ended_at: null,
    };
    await insertEffects(tx, [row]);
    return { row, fresh: true };
  });
  // People are asked again, and the step waits for them: whoever has it goes no further.
  if (intended === undefined) throw new LeaseLostError(lease.stepId, lease.epoch);
  return intended;
}

async function intentOf<T extends Json>(tx: Tx, request: EffectRequest<T>): Promise<string> {
  return canonical(request.decide === undefined ? request.intent : await request.decide(tx));
}

/** Marks what this step changed as taken back: its own cleanup after a failure has seen it gone. */
export async function compensateEffects(parts: EngineParts, lease: StepLease): Promise<void> {
  await parts.store.write(async (tx) => {
    await fence(tx, lease);
    await tx
      .updateTable('effects')
      // By whoever has the step now, which may be another epoch than the one that intended it.
      .set({ state: 'compensated', epoch: lease.epoch, ended_at: parts.clock.now() })
      .where('step_id', '=', lease.stepId)
      .execute();
  });
}

/** Whether an earlier epoch of this step may have touched the world. */
export async function hasEffects(parts: EngineParts, lease: StepLease): Promise<boolean> {
  const row = await parts.store.read
    .selectFrom('effects')
    .select('key')
    .where('step_id', '=', lease.stepId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
