import { newestEventIn } from '../events/since';
import type { Actor, EngineParts } from '../parts';
import { findChannelIn, lineOfChannel } from './channels';
import { putMessages } from './put';

/**
 * Sends a message that says nothing but that it came, at once even if the channel is left alone after a failure.
 * @returns the id by which `ChannelShown.sentId` tells that it was sent
 * @throws GantryError `channel-unknown`.
 */
export async function tryChannel(parts: EngineParts, name: string, link: string, actor: Actor): Promise<string> {
  return parts.store.write(async (tx) => {
    await findChannelIn(tx, name);
    await tx.updateTable('outgoing_lines').set({ not_before: 0 }).where('name', '=', lineOfChannel(name)).execute();
    const message = {
      kind: 'test' as const,
      app: null,
      run: null,
      title: `Gantry can reach the channel ${name}`,
      lines: [`asked for by ${actor.replace(/^user:/, '')}`],
      link,
      at: parts.clock.now(),
    };
    const position = await newestEventIn(tx);
    const [id = ''] = await putMessages(parts, tx, [{ channel: name, position, message }]);
    return id;
  });
}
