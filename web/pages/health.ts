import type { Health } from '../health/monitor';
import type { WebParts } from '../parts';
import type { Context } from '../route';
import { render } from './render';

/** States of parts look like states of runs. */
const COLOUR = { up: 'succeeded', degraded: 'waiting', down: 'failed' } as const;

/** How each part is, for people; anybody may see it, so it also helps when nobody can sign in. */
export function renderHealth(parts: WebParts, ctx: Context, { ready, parts: seen }: Health): Promise<string> {
  const shell = { title: ready ? 'Gantry is well' : 'Gantry is not ready', events: '' };
  return render(parts, ctx, 'health', shell, {
    title: shell.title,
    seen: seen.map((part) => ({ ...part, colour: COLOUR[part.state] })),
    now: parts.engine.parts.clock.now(),
  });
}
