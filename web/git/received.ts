import { PassThrough } from 'node:stream';
import type { Accepted } from '../../engine/deliveries/accept';
import { GantryError, messageOf } from '../../engine/model/errors';
import { runUrl } from '../api/shapes';
import { untilGone } from '../events/sse';
import type { WebParts } from '../parts';
import { readBody } from '../read-body';
import type { Context } from '../route';
import { follow as followRun } from './follow';
import { readPushOptions } from './push-options';
import { unchangedApps } from './unchanged';

interface Push {
  refs: { before: string; after: string; ref: string }[];
  options: string[];
}

/**
 * What the hook tells: each ref is a delivery, and all of them are committed before the first byte of the answer.
 * Then the pusher sees what becomes of them, as plain lines.
 */
export async function received(parts: WebParts, ctx: Context): Promise<void> {
  const app = ctx.get('X-Gantry-App');
  const pusher = ctx.get('X-Gantry-Pusher') || 'unknown';
  const push = parsePush((await readBody(ctx)).toString('utf8'));
  const { follow, keepFailedMs, problems } = readPushOptions(push.options);
  const kept = keepFailedMs === undefined ? {} : { keepFailedMs };
  const accepted: (Accepted & { ref: string })[] = [];
  for (const { ref, before, after } of push.refs) {
    const unchanged = await unchangedApps(parts, app, { before, after });
    const delivery = { app, source: 'git-push', ref, before, after, pusher, unchanged, ...kept };
    const answers = await parts.engine.deliveries.accept(delivery, `user:${pusher}`);
    accepted.push(...answers.map((answer) => ({ ref, ...answer })));
  }
  parts.log.info({ app, pusher, refs: push.refs.length, runs: accepted.map((a) => a.run?.id) }, 'a push was accepted');
  const stream = new PassThrough();
  ctx.status = 200;
  ctx.type = 'text/plain; charset=utf-8';
  ctx.body = stream;
  const say = (line: string) => stream.write(`${line}\n`);
  tell(parts, ctx, accepted, { say, follow, problems })
    .catch((error: unknown) => {
      parts.log.error({ app, error: messageOf(error) }, 'the pusher could not be told what becomes of a push');
      say('Gantry cannot show the progress now; the run goes on.');
    })
    .finally(() => stream.end());
}

async function tell(
  parts: WebParts,
  ctx: Context,
  accepted: readonly (Accepted & { ref: string })[],
  how: { say: (line: string) => void; follow: boolean; problems: readonly string[] },
): Promise<void> {
  const gone = untilGone(parts, ctx);
  how.say('');
  for (const problem of how.problems) how.say(`Gantry: ${problem}`);
  const one = new Set(accepted.map(({ app }) => app)).size === 1;
  for (const { app, run, ref, reason } of accepted) {
    how.say(
      run === null
        ? `Gantry: ${one ? '' : `${app}: `}${reason}`
        : `Gantry: run ${run.number} of ${app} for ${shortRef(ref)}`,
    );
    if (run !== null) how.say(`  ${runUrl(parts, app, run.number)}`);
  }
  if (how.follow) {
    for (const { app, run } of accepted) {
      if (run === null) continue;
      if (!one) how.say(`Gantry: run ${run.number} of ${app}:`);
      await followRun(parts, { app, number: run.number, id: run.id }, how.say, gone);
    }
  }
  how.say('');
}

const shortRef = (ref: string): string => ref.replace(/^refs\/(heads|tags)\//, '');

const REF_LINE = /^ref ([0-9a-f]{40}) ([0-9a-f]{40}) (refs\/.{1,500})$/;

/** The hook's body: `ref OLD NEW NAME` and `option TEXT` lines. */
export function parsePush(text: string): Push {
  const push: Push = { refs: [], options: [] };
  for (const line of text.split('\n').filter((l) => l !== '')) {
    const [, before, after, ref] = REF_LINE.exec(line) ?? [];
    if (before !== undefined && after !== undefined && ref !== undefined) push.refs.push({ before, after, ref });
    else if (line.startsWith('option ')) push.options.push(line.slice('option '.length));
    else
      throw new GantryError('invalid', 'hook-line', `the hook said "${line.slice(0, 80)}"`, 'update Gantry as a whole');
  }
  return push;
}
