import { sql } from 'kysely';
import type { EngineParts } from '../parts';
import { migrations } from './migrations';

/** Commits a row: rejects when SQL cannot be written, be it full, read-only, locked or gone. */
export async function proveWritable({ store, clock }: EngineParts): Promise<void> {
  const value = String(clock.now());
  await store.write((tx) =>
    tx
      .insertInto('meta')
      .values({ key: 'health', value })
      .onConflict((c) => c.column('key').doUpdateSet({ value }))
      .execute(),
  );
}

/** The schema that the database has, and the newest one that this binary knows. */
export async function schemaVersions({ store }: EngineParts): Promise<{ found: number; known: number }> {
  const rows = await sql<{ version: number }>`select version from schema_version`.execute(store.read);
  return { found: rows.rows[0]?.version ?? 0, known: migrations.length };
}
