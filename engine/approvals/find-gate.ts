import { GantryError } from '../model/errors';
import type { Tx } from '../store/store';
import { type Gate, gates } from './gate';

/** Which gate is meant; what is left out is the only one that fits. */
export interface GateNamed {
  app: string;
  run?: number;
  step?: string;
}

/** The gate that waits for people. @throws GantryError `nothing-waits`, `ambiguous`. */
export async function findOpenGate(tx: Tx, named: GateNamed): Promise<Gate> {
  const found = await gatesNamed(tx, named)
    .where('approvals.state', '=', 'requested')
    .where('steps.state', '=', 'waiting')
    .execute();
  return theOnly(found, named, 'nothing waits for approval');
}

/** The gate that waits, or that was opened and whose approval nothing has used yet. @throws as `findOpenGate` */
export async function findUnusedGate(tx: Tx, named: GateNamed): Promise<Gate> {
  const found = await gatesNamed(tx, named)
    .where('approvals.state', 'in', ['requested', 'granted'])
    // A run that has ended, or is being taken back, asks nobody.
    .where('runs.ends_as', 'is', null)
    .where('runs.ended_at', 'is', null)
    .execute();
  return theOnly(found, named, 'no approval can be taken back');
}

function gatesNamed(tx: Tx, { app, run, step }: GateNamed) {
  return gates(tx)
    .where('apps.name', '=', app)
    .$if(run !== undefined, (query) => query.where('runs.number', '=', run ?? 0))
    .$if(step !== undefined, (query) => query.where('steps.name', '=', step ?? ''));
}

function theOnly(found: Gate[], { app, run, step }: GateNamed, none: string): Gate {
  const which = `${app}${run === undefined ? '' : `#${run}`}${step === undefined ? '' : `/${step}`}`;
  const [only, another] = found;
  if (only === undefined) {
    const next = `see what its runs do: gantry run list ${app}`;
    throw new GantryError('conflict', 'nothing-waits', `${none} in ${which}`, next);
  }
  if (another !== undefined) {
    const names = found.map((gate) => `#${gate.number} ${gate.step}`).join(', ');
    throw new GantryError('conflict', 'ambiguous', `several gates wait in ${which}: ${names}`, 'name the run');
  }
  return only;
}
