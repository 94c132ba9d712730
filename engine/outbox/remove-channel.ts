import { recordAudit } from '../audit/record';
import type { Actor, EngineParts } from '../parts';
import { findChannelIn, lineOfChannel } from './channels';

/** Ends a channel, with what waits for it. @throws GantryError `channel-unknown`. */
export async function removeChannel(parts: EngineParts, name: string, actor: Actor): Promise<void> {
  await parts.store.write(async (tx) => {
    const { app_id, kind, shown } = await findChannelIn(tx, name);
    const app =
      app_id === null
        ? undefined
        : await tx.selectFrom('apps').select('name').where('id', '=', app_id).executeTakeFirst();
    await tx.deleteFrom('outbox').where('channel', '=', name).execute();
    await tx.deleteFrom('outgoing_lines').where('name', '=', lineOfChannel(name)).execute();
    await tx.deleteFrom('channels').where('name', '=', name).execute();
    const entry = { actor, action: 'channel.remove', object: name, detail: { kind, to: shown } };
    await recordAudit(parts, tx, { chain: app?.name ?? 'system', ...entry });
  });
}
