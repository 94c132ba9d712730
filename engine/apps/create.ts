import { appNameProblem } from '../../pipelines/names';
import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import { type AppId, newId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import type { Tables } from '../store/tables';

/** @throws GantryError `app-name`, `app-taken`. */
export async function createApp(parts: EngineParts, name: string, actor: Actor): Promise<Tables['apps']> {
  checkName(name);
  return parts.store.write(async (tx) => {
    const taken = await tx.selectFrom('apps').select('id').where('name', '=', name).executeTakeFirst();
    if (taken !== undefined) {
      throw new GantryError('conflict', 'app-taken', `the name "${name}" is taken`, `see it: gantry app show ${name}`);
    }
    const row = {
      id: newId<AppId>(parts.clock, parts.random),
      name,
      created_at: parts.clock.now(),
      created_by: actor,
      next_run: 1,
      next_release: 1,
    };
    await tx.insertInto('apps').values(row).execute();
    await recordAudit(parts, tx, { chain: name, actor, action: 'app.create', object: name, detail: {} });
    return row;
  });
}

function checkName(name: string): void {
  const problem = appNameProblem(name);
  if (problem === null) return;
  throw new GantryError('invalid', 'app-name', problem, 'an app is named like a host, for example "storefront"');
}
