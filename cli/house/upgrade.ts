import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CliSettings } from '../../settings';
import type { Context } from '../command';
import { type CommandError, failure, toCommandError } from '../errors';
import { makeFolder } from '../processes/files';
import { startDetached } from './detached';
import { withFront } from './front';
import { keepProgram } from './program';
import { readRunning, type UpState } from './state';
import { type Stopped, stopHouse } from './stop';
import { demandStopped } from './stopped';
import { upkeep } from './upkeep';

export interface Upgraded {
  /** Versions; `from` is undefined when nothing ran. */
  from?: string;
  to: string;
  /** The schema now. */
  schema: number;
  /** The copy that was made before; undefined when there was nothing to do. */
  backup?: string;
  /** From the end of the old web to the new one's first answer; undefined when nothing ran. */
  awayMs?: number;
  /** Steps that were given back, and go on now. */
  givenBack?: string[];
  /** Processes that were ended, too, and that nobody starts again: `up` had not started them. */
  others?: string[];
}

/** The oldest copy goes when there are more. */
const BACKUPS_KEPT = 5;

/**
 * Replaces what runs by the program that this is.
 * @param say tells what goes on, a line each
 * @throws CommandError `schema-newer` before anything is touched; `upgrade-failed` when the old version is back
 */
export async function upgradeHouse(context: Context, withinMs: number, say: (line: string) => void): Promise<Upgraded> {
  const { settings } = context;
  const { found, known } = await upkeep<{ found: number; known: number }>(settings, ['schema']);
  const old = readRunning(settings.home);
  if (old === undefined) demandStopped(settings.home, 'an upgrade');
  const from = old?.version === undefined ? {} : { from: old.version };
  if (old !== undefined && found === known && old.root === keepProgram(settings)) {
    return { ...from, to: settings.version, schema: known };
  }
  const givenBack = old === undefined ? [] : await drain(settings, withinMs, say);
  const began = context.now();
  const others = old === undefined ? [] : namedOthers(await stopHouse(settings.home, say), say);
  let backup: string | undefined;
  try {
    backup = await backUp(settings, began);
    say(`the records are copied to ${backup}`);
    await upkeep(settings, ['migrate']);
    if (found !== known) say(`schema ${found} became ${known}`);
    if (old !== undefined) {
      await startDetached({ out: context.out, settings: withFront(settings, old) }, argumentsOf(old));
    }
  } catch (error) {
    throw await goBack(context, old, backup, toCommandError(error));
  }
  await upkeep(settings, ['lift']);
  const done = { ...from, to: settings.version, schema: known, backup };
  return old === undefined ? done : { ...done, awayMs: context.now() - began, givenBack, others };
}

async function drain(settings: CliSettings, withinMs: number, say: (line: string) => void): Promise<string[]> {
  say('no new step begins; pushes are still accepted');
  const words = ['drain', '--within', String(withinMs)];
  const { running } = await upkeep<{ running: string[] }>(settings, words, (document) => {
    const { running: now } = document as { running?: string[] };
    if (now !== undefined) say(`waiting for ${now.join(', ')}`);
  }).catch(async (error: unknown) => {
    // The old version goes on, so its steps shall, too.
    await upkeep(settings, ['lift']).catch((second: unknown) => {
      const { message } = toCommandError(second);
      say(`no step begins until the upgrade is repeated, or a quarter of an hour is over: ${message}`);
    });
    throw error;
  });
  if (running.length > 0) say(`given back, to go on afterwards: ${running.join(', ')}`);
  return running;
}

/** Names those that `up` did not start: it does not start them again either. */
function namedOthers(stopped: readonly Stopped[], say: (line: string) => void): string[] {
  const others = stopped.map(({ name }) => name).filter((name) => /^(web|runner)-/.test(name));
  for (const name of others) {
    say(`${name} was ended, too: start it again${name.startsWith('runner-') ? ' with gantry runner' : ''}`);
  }
  return others;
}

async function backUp(settings: CliSettings, now: number): Promise<string> {
  const folder = join(settings.home, 'backups');
  makeFolder(folder);
  const file = join(folder, `before-${settings.version}-${new Date(now).toISOString().replaceAll(':', '-')}.db`);
  await upkeep(settings, ['backup', file]);
  const copies = readdirSync(folder).filter((name) => name.startsWith('before-') && name.endsWith('.db'));
  const byTime = copies.sort((a, b) => a.slice(-TIME_LENGTH).localeCompare(b.slice(-TIME_LENGTH)));
  for (const name of byTime.slice(0, -BACKUPS_KEPT)) rmSync(join(folder, name));
  return file;
}

const TIME_LENGTH = '2026-01-01T00-00-00.000Z.db'.length;

/** The records of before, and the program of before; says what became of it. */
async function goBack(
  context: Context,
  old: UpState | undefined,
  backup: string | undefined,
  reason: CommandError,
): Promise<CommandError> {
  const { settings, out } = context;
  await stopHouse(settings.home, (line) => out.note(line));
  // Without a copy nothing was changed yet.
  await upkeep(settings, backup === undefined ? ['lift'] : ['put-back', backup]);
  const what = `the upgrade to Gantry ${settings.version} failed (${reason.message}); the records are as they were`;
  const next = reason.next === '' ? `its logs: ${join(settings.home, 'log')}` : reason.next;
  if (old === undefined) return failure('upgrade-failed', what, next);
  if (old.root === undefined || !existsSync(old.root)) {
    return failure(
      'upgrade-failed',
      `${what}, and the old program is gone`,
      'start it from its own checkout: ./gantry up',
    );
  }
  await startDetached({ out, settings: { ...withFront(settings, old), root: old.root } }, argumentsOf(old));
  return failure('upgrade-failed', `${what}, and Gantry ${old.version ?? 'as it was'} runs again at ${old.url}`, next);
}

/** The same ports, the same kind of runner. */
function argumentsOf({ url, gateway, dummy }: UpState): string[] {
  const { port, protocol } = new URL(url);
  const web = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  const ports = ['--port', web, '--gateway-port', gateway.slice(gateway.lastIndexOf(':') + 1)];
  return dummy ? [...ports, '--dummy'] : ports;
}
