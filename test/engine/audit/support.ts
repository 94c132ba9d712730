import { SqliteAdapter, sql } from 'kysely';
import { recordAudit } from '../../../engine/audit/record';
import type { Engine } from '../../../engine/engine';
import type { Anchors } from '../../../engine/ports/anchors';
import type { Reader } from '../../../engine/store/store';

/** Writes entries as the engine's verbs do. */
export async function writeEntries(engine: Engine, chain: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await engine.parts.store.write((tx) =>
      recordAudit(engine.parts, tx, {
        chain,
        actor: 'user:ada',
        action: 'run.taken',
        object: `${chain}#${n + 1}`,
        detail: { n, text: 'Größe "größer"' },
      }),
    );
  }
}

/** Anchors in memory. */
export function memoryAnchors(lines: string[] = []): Anchors & { kept: string[] } {
  return {
    where: 'memory',
    kept: lines,
    lines: async function* () {
      yield* lines;
    },
    size: async () => lines.join('').length,
    append: async (line) => {
      lines.push(line);
    },
  };
}

/** The text of an export as a file's lines. */
export async function* linesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  let from = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
    yield bytes.subarray(from, at);
    from = at + 1;
  }
  if (from < bytes.length) yield bytes.subarray(from);
}

/** What somebody does who owns the database: lifts what protects the audit in it, then writes. */
export async function tamper(engine: Engine, statements: readonly string[]): Promise<void> {
  const db = engine.parts.store.read;
  for (const guard of await guardsOf(db)) await sql.raw(guard).execute(db);
  for (const statement of statements) await sql.raw(statement).execute(db);
}

async function guardsOf(db: Reader): Promise<string[]> {
  if (!isSqlite(db)) return ['alter table audit disable trigger user'];
  const { rows } = await sql<{ name: string }>`
    select name from sqlite_master where type = 'trigger' and tbl_name = 'audit'`.execute(db);
  return rows.map(({ name }) => `drop trigger ${name}`);
}

const isSqlite = (db: Reader): boolean => db.getExecutor().adapter instanceof SqliteAdapter;
