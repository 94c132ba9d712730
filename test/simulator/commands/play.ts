import type { History } from '../history';
import type { Entry } from '../simulation';
import type { Command, Runner } from './command';
import { deed } from './deed';
import { happen } from './happen';
import { live } from './live';
import { work } from './work';

/** Plays one command until nothing goes on without time passing. */
export async function play(history: History, command: Command): Promise<Entry> {
  const entry = history.write(command);
  if (command.trouble?.what === 'full') history.disk.full = true;
  await carryOut(history, entry, command);
  return entry;
}

async function carryOut(history: History, entry: Entry, command: Command): Promise<void> {
  switch (command.do) {
    case 'work':
      return work(history, entry, command);
    case 'pass':
      return pass(history, entry, command.ms, command.at);
    case 'kill':
    case 'stop':
    case 'start':
    case 'pause':
    case 'wake':
      await live(history, command);
      break;
    default:
      if ('at' in command) return history.within(entry, command.at, () => deed(history, command));
      await happen(history, command);
  }
  entry.answer = { kind: 'done', value: null };
}

async function pass(history: History, entry: Entry, ms: number, at: Runner | undefined): Promise<void> {
  const met = at === undefined ? undefined : history.process(at);
  met?.expect(entry.command.trouble);
  await history.timers.pass(ms);
  met?.expect(undefined);
  entry.answer = { kind: 'done', value: null };
}
