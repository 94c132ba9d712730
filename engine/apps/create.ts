import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import { type AppId, newId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import type { Tables } from '../store/tables';

/** DNS label, at most 40 characters, so that host names and container names made of it stay valid. */
const APP_NAME = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/;
const RESERVED = ['gantry', 'www', 'api', 'git', 'admin', 'localhost'];

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
  if (APP_NAME.test(name) && !RESERVED.includes(name)) return;
  throw new GantryError(
    'invalid',
    'app-name',
    `"${name.slice(0, 80)}" cannot be an app's name: it becomes a host name`,
    RESERVED.includes(name)
      ? 'that name is reserved; take another one'
      : 'use 1 to 40 lower-case letters, digits and dashes, beginning with a letter, for example "storefront"',
  );
}
