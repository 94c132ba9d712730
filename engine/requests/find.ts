import type { AppId } from '../model/ids';
import type { Reader, Tx } from '../store/store';
import type { Tables } from '../store/tables';

export type RequestRow = Tables['requests'];

/** A pull or merge request by its number at the forge. */
export const findRequest = (db: Reader | Tx, appId: AppId, number: number): Promise<RequestRow | undefined> =>
  db.selectFrom('requests').selectAll().where('app_id', '=', appId).where('number', '=', number).executeTakeFirst();
