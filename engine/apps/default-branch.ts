import { NO_COMMIT } from '../deliveries/accept';
import type { AppId } from '../model/ids';
import type { EngineParts } from '../parts';
import { statement } from '../store/statement';
import type { Reader, Tx } from '../store/store';

/** In this order: the first one that the app has. */
export const DEFAULT_BRANCHES = ['refs/heads/main', 'refs/heads/master'] as const;
type DefaultBranch = (typeof DEFAULT_BRANCHES)[number];

const heads = statement<{ app: AppId }, { ref: string }>((db, argument) =>
  db
    .selectFrom('ref_heads')
    .select('ref')
    .where('app_id', '=', argument('app'))
    .where('ref', 'in', DEFAULT_BRANCHES)
    .where('commit', '!=', NO_COMMIT),
);

/**
 * The branch that counts where nobody names one, as our own records have it and no payload: `refs/heads/main`, or
 * `refs/heads/master` in an app that has only that.
 */
export async function defaultBranchOf(db: Reader | Tx, app: AppId): Promise<DefaultBranch> {
  const found = await heads(db, { app });
  return DEFAULT_BRANCHES.find((branch) => found.some(({ ref }) => ref === branch)) ?? DEFAULT_BRANCHES[0];
}

/** The same, of what is committed. */
export const defaultBranch = ({ store }: EngineParts, app: AppId): Promise<DefaultBranch> =>
  defaultBranchOf(store.read, app);
