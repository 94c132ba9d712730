import type { Engine } from '../../engine/engine';
import { GantryError, messageOf, StepFailure } from '../../engine/model/errors';
import { SESSION_IDLE_MS, SESSION_RATE_BYTES } from '../../engine/model/session-limits';
import type { Channel, Frame } from '../../engine/ports/exchange';
import type {
  CommandRequest,
  InstanceAccess,
  InstanceCommand,
  OutputRequest,
} from '../../engine/ports/instance-access';
import type { SessionTaken } from '../../engine/sessions/take';
import { maskedOutput } from './masked-output';
import { Pace } from './pace';

type End = Extract<Frame, { type: 'end' }>;

/**
 * Carries one session from its first byte to its last, and notes its end. It ends when the output or the command does,
 * when the person goes, when nobody types for too long, and when the runner is told to stop (`signal`, whose reason
 * goes to the person).
 */
export async function carrySession(
  engine: Engine,
  access: InstanceAccess,
  session: SessionTaken,
  owner: string,
  signal: AbortSignal,
): Promise<void> {
  const end = await carry(engine, access, session, signal);
  await engine.sessions.end(session.id, { exitCode: end.exitCode, reason: end.reason }, `runner:${owner}`);
  // Whatever the command has left behind ends with its session. After the person was told: it takes a moment.
  if (session.kind === 'shell') await access.sweep(session.instance, session.id);
}

async function carry(engine: Engine, access: InstanceAccess, session: SessionTaken, signal: AbortSignal): Promise<End> {
  const channel = await engine.parts.exchange.join(session.id, 'instance').catch((error: unknown) => refusal(error));
  if ('type' in channel) return channel;
  const person = new AbortController();
  const stop = { signal: AbortSignal.any([signal, person.signal]), now: (why: string) => person.abort(why) };
  const carried = async (): Promise<End> =>
    session.kind === 'logs'
      ? carryOutput(access, session, channel, stop, await engine.secrets.ofInstance(session.instance))
      : carryCommand(access, session, channel, stop);
  const end = await carried().catch((error: unknown) => refusal(error));
  await channel.send(end).catch(() => undefined); // the person is gone, and sees nothing any more
  await channel.close();
  return end;
}

interface Stop {
  /** Its reason is for the person. */
  signal: AbortSignal;
  now(why: string): void;
}

async function carryOutput(
  access: InstanceAccess,
  { instance, request }: SessionTaken,
  channel: Channel,
  stop: Stop,
  secrets: readonly Buffer[],
): Promise<End> {
  const output = maskedOutput(await access.output(instance, request as OutputRequest, stop.signal), secrets);
  await channel.send({ type: 'open' });
  void listen(channel, stop);
  const pace = new Pace(SESSION_RATE_BYTES);
  for await (const bytes of output) {
    await pace.room(bytes.length, stop.signal);
    await channel.send({ type: 'output', bytes });
  }
  return ended(stop.signal);
}

async function carryCommand(
  access: InstanceAccess,
  { instance, request, id }: SessionTaken,
  channel: Channel,
  stop: Stop,
): Promise<End> {
  const command = await access.start(instance, request as CommandRequest, id);
  const idle = setTimeout(() => stop.now(`nothing happened for ${SESSION_IDLE_MS / 60_000} minutes`), SESSION_IDLE_MS);
  stop.signal.addEventListener('abort', command.drop, { once: true });
  try {
    await channel.send({ type: 'open' });
    void listen(channel, stop, (frame) => give(command, frame, idle));
    const pace = new Pace(SESSION_RATE_BYTES);
    for await (const piece of command.output) {
      idle.refresh();
      await pace.room(piece.bytes.length, stop.signal);
      await channel.send(piece);
    }
    return ended(stop.signal, stop.signal.aborted ? null : await command.exitCode());
  } finally {
    clearTimeout(idle);
    stop.signal.removeEventListener('abort', command.drop);
    command.drop();
  }
}

/** What comes from the person. When they go, whatever runs for them is stopped. */
async function listen(
  channel: Channel,
  stop: Stop,
  take: (frame: Frame) => Promise<void> = async () => undefined,
): Promise<void> {
  try {
    for await (const frame of channel.frames()) await take(frame);
    stop.now('the person has left');
  } catch (error) {
    stop.now(messageOf(error));
  }
}

/** Waits while the command does not read, so that the person's side waits too. */
async function give(command: InstanceCommand, frame: Frame, idle: NodeJS.Timeout): Promise<void> {
  idle.refresh();
  const { input } = command;
  if (frame.type === 'size') await command.resize(frame.columns, frame.rows);
  if (frame.type === 'end-of-input') input.end();
  if (frame.type !== 'input' || !input.writable || input.write(frame.bytes)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      input.removeListener('drain', done);
      input.removeListener('close', done);
      resolve();
    };
    input.once('drain', done);
    input.once('close', done);
  });
}

/** To its own end, or to where it was stopped. */
const ended = (signal: AbortSignal, exitCode: number | null = null): End => ({
  type: 'end',
  exitCode,
  reason: signal.aborted ? String(signal.reason) : '',
  code: '',
  next: '',
});

/** In the words of whoever could not do it. */
function refusal(error: unknown): End {
  const said = error instanceof GantryError || error instanceof StepFailure;
  const code = error instanceof GantryError ? error.code : 'session-failed';
  return { type: 'end', exitCode: null, reason: messageOf(error), code, next: said ? error.next : '' };
}
