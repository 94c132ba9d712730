import { matchesGlob } from '../../pipelines/glob';
import { REF_KINDS } from '../../pipelines/refs';
import { DEFAULT_BRANCHES, defaultBranchOf } from '../apps/default-branch';
import { type AppFound, findAppIn } from '../apps/find';
import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { AppId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import type { Reader, Tx } from '../store/store';

export const PROTECTED_KINDS = ['branch', 'tag'] as const;
export type ProtectedKind = (typeof PROTECTED_KINDS)[number];

/** Refs whose pipelines are given secrets: only what people let in there is trusted with them. */
export interface ProtectedRef {
  kind: ProtectedKind;
  /** A name; `*` matches a part, `**` everything. */
  pattern: string;
}

export interface ProtectedShown {
  items: ProtectedRef[];
  /** Nobody named any: it is the default branch. */
  byDefault: boolean;
}

const PATTERN = /^[^\p{C}\p{Z}~^:\\]{1,200}$/u;
const PROTECTED_MAX = 50;

/** @throws GantryError `app-unknown`. */
export async function listProtected(parts: EngineParts, appName: string): Promise<ProtectedShown> {
  const app = await findAppIn(parts.store.read, appName);
  return protectedOf(parts.store.read, app);
}

/**
 * Lets pipelines of a branch or tag have the app's secrets. With the first one, the default branch has to be named, too.
 * @throws GantryError `app-unknown`, `protected-pattern`, `protected-full`.
 */
export async function protectRef(
  parts: EngineParts,
  { app: name, kind, pattern }: { app: string } & ProtectedRef,
  actor: Actor,
): Promise<ProtectedShown> {
  if (!PATTERN.test(pattern)) {
    const message = `${JSON.stringify(pattern.slice(0, 80))} is no name or pattern of a ${kind}`;
    throw new GantryError('invalid', 'protected-pattern', message, 'write it like main or "release/*"');
  }
  return parts.store.write(async (tx) => {
    const app = await findAppIn(tx, name);
    const { items, byDefault } = await protectedOf(tx, app);
    if (!byDefault && items.length >= PROTECTED_MAX) throw full(app.name);
    await tx
      .insertInto('protected_refs')
      .values({ app_id: app.id, kind, pattern, set_at: parts.clock.now(), set_by: actor })
      .onConflict((c) => c.columns(['app_id', 'kind', 'pattern']).doNothing())
      .execute();
    const detail = { kind, pattern };
    await recordAudit(parts, tx, { chain: app.name, actor, action: 'app.protect', object: app.name, detail });
    return protectedOf(tx, app);
  });
}

/** @throws GantryError `app-unknown`, `protected-unknown`. */
export async function unprotectRef(
  parts: EngineParts,
  { app: name, kind, pattern }: { app: string } & ProtectedRef,
  actor: Actor,
): Promise<ProtectedShown> {
  return parts.store.write(async (tx) => {
    const app = await findAppIn(tx, name);
    const removed = await tx
      .deleteFrom('protected_refs')
      .where('app_id', '=', app.id)
      .where('kind', '=', kind)
      .where('pattern', '=', pattern)
      .returning('pattern')
      .execute();
    if (removed.length === 0) throw unknown(app.name, kind, pattern);
    const detail = { kind, pattern };
    await recordAudit(parts, tx, { chain: app.name, actor, action: 'app.unprotect', object: app.name, detail });
    return protectedOf(tx, app);
  });
}

/** May a pipeline of this ref (`refs/heads/main`) have secrets of the app? */
export async function isProtected(db: Reader | Tx, app: AppFound, ref: string): Promise<boolean> {
  const kind = REF_KINDS.find(({ prefix }) => ref.startsWith(prefix));
  if (kind === undefined) return false;
  const name = ref.slice(kind.prefix.length);
  const { items } = await protectedOf(db, app);
  return items.some((item) => item.kind === kind.noun && matchesGlob(item.pattern, name));
}

/** The same, of what is committed. */
export const isProtectedHere = ({ store }: EngineParts, app: AppFound, ref: string): Promise<boolean> =>
  isProtected(store.read, app, ref);

async function protectedOf(db: Reader | Tx, app: AppFound): Promise<ProtectedShown> {
  const items = await db
    .selectFrom('protected_refs')
    .select(['kind', 'pattern'])
    .where('app_id', '=', app.id)
    .orderBy('kind')
    .orderBy('pattern')
    .execute();
  if (items.length > 0) return { items, byDefault: false };
  return { items: await defaultsOf(db, app.repository_id ?? app.id), byDefault: true };
}

/**
 * The default branch; none where there are both that could be it: else whoever may push would make the other one.
 */
async function defaultsOf(db: Reader | Tx, owner: AppId): Promise<ProtectedRef[]> {
  const known = await db
    .selectFrom('ref_heads')
    .select('ref')
    .where('app_id', '=', owner)
    .where('ref', 'in', DEFAULT_BRANCHES)
    .execute();
  if (known.length > 1) return [];
  const branch = await defaultBranchOf(db, owner);
  return [{ kind: 'branch', pattern: branch.slice('refs/heads/'.length) }];
}

function full(app: string): GantryError {
  const message = `${app} protects ${PROTECTED_MAX} branches and tags, and that is the limit`;
  return new GantryError('conflict', 'protected-full', message, 'protect a pattern, such as "release/*"');
}

function unknown(app: string, kind: string, pattern: string): GantryError {
  const message = `${app} does not protect the ${kind} ${pattern}`;
  return new GantryError('not-found', 'protected-unknown', message, `see what it does: gantry app protect ${app}`);
}
