import { GantryError } from '../model/errors';
import type { AppId, RunId } from '../model/ids';
import type { EngineParts } from '../parts';
import { ringAll } from '../runs/apply';
import type { Reader } from '../store/store';
import { solo } from '../users/roles';
import { type Beyond, isNotedBeyond, readBeyond, releaseInProduction } from './beyond';
import { endGate } from './expire';
import { gates } from './gate';
import { demandNoStranger, notePeople } from './note-people';
import type { PersonInChange } from './part';

/** A run that waits for people, and carries something else beyond production than when it was planned. */
export interface RunToRead {
  app: { id: AppId; name: string };
  run: { id: RunId; number: number; ref: string; commit: string };
  beyond: Beyond;
  /** Whether it was built here; of what was given nobody wrote the commits. */
  isBuilt: boolean;
}

/** The runs whose people are to be read again, since production has changed under their gates. */
export async function runsToRead(parts: EngineParts): Promise<RunToRead[]> {
  const { read } = parts.store;
  if (await solo(read)) return [];
  const open = await openGates(read)
    .clearSelect()
    .select(['runs.id', 'runs.number', 'runs.ref', 'runs.commit', 'runs.trigger', 'apps.id as app_id', 'apps.name'])
    .distinct()
    .execute();
  const found: RunToRead[] = [];
  for (const { app_id, name, trigger, ...run } of open) {
    const hash = (await releaseInProduction(read, app_id))?.hash ?? '';
    if (await isNotedBeyond(read, run.id, hash)) continue;
    const beyond = await readBeyond(read, app_id, run.ref);
    found.push({ app: { id: app_id, name }, run, beyond, isBuilt: trigger !== 'release' });
  }
  return found;
}

const openGates = (db: Reader) =>
  gates(db).where('approvals.state', '=', 'requested').where('steps.state', '=', 'waiting');

/**
 * Notes who took part in what a run carries now. When production has changed once more meanwhile, nothing is: it is read
 * again. A gate that nobody knows whom to keep from ends its run.
 * @param people who wrote the commits beyond `beyond`
 * @param problem why nobody can answer for them; empty: somebody can
 */
export async function noteAgain(
  parts: EngineParts,
  { app, run, beyond }: RunToRead,
  { people, problem }: { people: readonly PersonInChange[]; problem: string },
): Promise<void> {
  const hints = await parts.store.write(async (tx) => {
    if (((await releaseInProduction(tx, app.id))?.hash ?? '') !== beyond.hash) return [];
    const [gate] = await openGates(tx).where('approvals.run_id', '=', run.id).execute();
    if (gate === undefined) return [];
    const end = (why: string) => endGate(parts, tx, gate, { ...UNKNOWN, why, detail: {} });
    if (problem !== '') return end(problem);
    const pushers = await notePeople(tx, { app: app.id, run: run.id, ref: run.ref, beyond, people });
    try {
      await demandNoStranger(tx, gate.step, people, pushers);
      return [];
    } catch (error) {
      if (error instanceof GantryError) return end(error.message);
      throw error;
    }
  });
  await ringAll(parts, hints);
}

const UNKNOWN = { actor: 'rule:approval-void', action: 'approval.void' } as const;
