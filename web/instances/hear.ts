import type { Frame } from '../../engine/ports/exchange';
import type { SessionOpened, SessionWanted } from '../../engine/sessions/open';
import type { WebParts } from '../parts';

export interface Heard {
  opened: SessionOpened;
  frames: AsyncIterable<Frame>;
}

/**
 * Opens a session and waits for the instance's side. The session ends with the signal.
 * @throws GantryError as `engine.sessions.open` and `meet` do.
 */
export async function hear(
  { engine }: WebParts,
  wanted: SessionWanted,
  actor: string,
  gone: AbortSignal,
): Promise<Heard> {
  const opened = await engine.sessions.open(wanted, actor);
  const close = (): void => void opened.channel.close();
  gone.addEventListener('abort', close, { once: true });
  if (gone.aborted) close();
  return { opened, frames: await engine.sessions.meet(opened, actor) };
}
