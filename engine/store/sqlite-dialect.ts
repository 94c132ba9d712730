import { type QueryCompiler, SqliteDialect, SqliteQueryCompiler } from 'kysely';

/**
 * SQLite for Kysely, with queries that are planned once. Where a bound value could change how a query is best carried out
 * (one with an order, a join, or beside a partial index), SQLite throws its plan away each time that a value is bound:
 * planning takes 20 to 40 times as long as such a query itself. It does not look behind a plus sign, which changes
 * neither the value nor which index is used. What a partial index needs to see is written into the query (`sql.lit`).
 */
export class PlannedOnceDialect extends SqliteDialect {
  override createQueryCompiler(): QueryCompiler {
    return new PlannedOnceCompiler();
  }
}

class PlannedOnceCompiler extends SqliteQueryCompiler {
  protected override getCurrentParameterPlaceholder(): string {
    return '+?';
  }
}
