import { fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BuiltImage } from '../../engine/ports/builder';
import type { InstanceSeen } from '../../engine/ports/cluster';
import type { GatewayServer, InsideName, Lane, Route, UserList } from '../../engine/ports/gateway';
import type { DummyScript } from './script';

/** One change of the dummy world. What it comes to depends on what stood before: two may want the same name. */
export type DummyChange =
  | { does: 'start-instance'; seen: InstanceSeen; script: DummyScript }
  | { does: 'remove-instance'; name: string }
  | { does: 'remove-image' | 'add-image'; imageId: string }
  | { does: 'keep-image'; effect: string | undefined; image: BuiltImage }
  | { does: 'untag-image'; imageId: string }
  | { does: 'begin-command'; effect: string; epoch: number }
  | { does: 'end-command'; effect: string; epoch: number }
  | { does: 'start-gateway' | 'remove-gateway' }
  | { does: 'route'; route: Route }
  | { does: 'remove-route'; host: string }
  | { does: 'keep-names'; names: readonly InsideName[] }
  | { does: 'keep-users'; list: UserList }
  | { does: 'drop-users'; id: string }
  | { does: 'add-servers'; slot: number; lane: Lane; servers: readonly GatewayServer[] }
  | { does: 'remove-servers'; backend: string; names: readonly string[] };

/** A change with who made it, and when. */
export type DummyEntry = DummyChange & { pid: number; at: number };

/**
 * The only memory of the dummy world: its changes, in the one order that all processes see. Whoever changes something
 * appends it and then looks what has come of it.
 */
export interface Journal {
  /** Is told each change, from the first one on. */
  follow(apply: (entry: DummyEntry) => void): void;
  /** When it returns, everybody who follows knows the change, and what others appended before it. */
  append(change: DummyChange): void;
  /** Tells what other processes have appended meanwhile. */
  catchUp(): void;
}

const entryOf = (change: DummyChange): DummyEntry => ({ ...change, pid: process.pid, at: Date.now() });

/** A world that one process has for itself, and that ends with it. */
export function memoryJournal(): Journal {
  const followers: ((entry: DummyEntry) => void)[] = [];
  return {
    follow: (apply) => void followers.push(apply),
    append: (change) => {
      const entry = entryOf(change);
      for (const apply of followers) apply(entry);
    },
    catchUp: () => undefined,
  };
}

const CHUNK_BYTES = 256 * 1024;

/**
 * A world that several runners share, and that outlives them: one line per change. A line is appended by one write, so
 * that lines of several processes never mix; one that a kill has torn is no JSON, and so never happened.
 */
export function fileJournal(file: string): Journal {
  mkdirSync(dirname(file), { recursive: true });
  const handle = openSync(file, 'a+', 0o600);
  const followers: ((entry: DummyEntry) => void)[] = [];
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let read = 0;
  let rest = Buffer.alloc(0);
  const catchUp = (): void => {
    const { size } = fstatSync(handle);
    while (read < size) {
      const count = readSync(handle, buffer, 0, CHUNK_BYTES, read);
      read += count;
      rest = Buffer.concat([rest, buffer.subarray(0, count)]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        const entry = parsed(rest.subarray(0, end).toString());
        rest = rest.subarray(end + 1);
        if (entry !== undefined) for (const apply of followers) apply(entry);
      }
    }
  };
  return {
    follow: (apply) => void followers.push(apply),
    append: (change) => {
      // The first newline ends what a killed process may have left half written.
      writeSync(handle, `\n${JSON.stringify(entryOf(change))}\n`);
      catchUp();
    },
    catchUp,
  };
}

/** Undefined for a line that is empty or was torn. */
function parsed(line: string): DummyEntry | undefined {
  if (line === '') return undefined;
  try {
    return JSON.parse(line) as DummyEntry;
  } catch {
    return undefined;
  }
}
