import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import { newId, type TeamId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import { findTeam, findUser } from './find';
import { demandAdmin, demandOther } from './guard';
import { checkName } from './names';

/** @throws GantryError `team-name`, `team-taken`. */
export async function addTeam(parts: EngineParts, name: string, actor: Actor): Promise<{ id: TeamId; name: string }> {
  checkName('team-name', name);
  return parts.store.write(async (tx) => {
    const taken = await tx.selectFrom('teams').select('id').where('name', '=', name).executeTakeFirst();
    if (taken !== undefined) {
      throw new GantryError('conflict', 'team-taken', `there is a team "${name}"`, 'see them: gantry team list');
    }
    const id = newId<TeamId>(parts.clock, parts.random);
    await tx.insertInto('teams').values({ id, name, created_at: parts.clock.now() }).execute();
    await recordAudit(parts, tx, { chain: 'system', actor, action: 'team.add', object: name, detail: {} });
    return { id, name };
  });
}

export interface MemberWanted {
  team: string;
  user: string;
}

export interface MemberChanged extends MemberWanted {
  /** False when it was so before: nothing was written. */
  changed: boolean;
}

/** @throws GantryError `team-unknown`, `user-unknown`, `own-role`. */
export function joinTeam(parts: EngineParts, wanted: MemberWanted, actor: Actor): Promise<MemberChanged> {
  return parts.store.write(async (tx) => {
    const [team, user] = [await findTeam(tx, wanted.team), await findUser(tx, wanted.user)];
    await demandOther(tx, actor, [user]);
    const made = await tx
      .insertInto('team_members')
      .values({ team_id: team.id, user_id: user.id, added_at: parts.clock.now() })
      .onConflict((conflict) => conflict.doNothing())
      .returning('user_id')
      .execute();
    const told = { chain: 'system', actor, action: 'team.join', object: team.name, detail: { user: user.name } };
    if (made.length > 0) await recordAudit(parts, tx, told);
    return { team: team.name, user: user.name, changed: made.length > 0 };
  });
}

/** @throws GantryError `team-unknown`, `user-unknown`, `last-admin`. */
export function leaveTeam(parts: EngineParts, wanted: MemberWanted, actor: Actor): Promise<MemberChanged> {
  return parts.store.write(async (tx) => {
    const [team, user] = [await findTeam(tx, wanted.team), await findUser(tx, wanted.user)];
    const gone = await tx
      .deleteFrom('team_members')
      .where('team_id', '=', team.id)
      .where('user_id', '=', user.id)
      .returning('user_id')
      .execute();
    await demandAdmin(parts, tx);
    const told = { chain: 'system', actor, action: 'team.leave', object: team.name, detail: { user: user.name } };
    if (gone.length > 0) await recordAudit(parts, tx, told);
    return { team: team.name, user: user.name, changed: gone.length > 0 };
  });
}
