import type { Store } from '../../engine/store/store';
import type { SimulatedDatabase } from './database';
import { reach } from './process';

/** What may be wrong with the disk that the database lies on. */
export interface Disk {
  full: boolean;
}

/** The engine's store on a database in memory: same contract, and a process may be stopped or fail beside each commit. */
export function simulatedStore({ db }: SimulatedDatabase, disk: Disk): Store {
  return {
    read: db,
    write: async (work) => {
      await reach(() => sqlError('SQLITE_BUSY', 'database is locked'));
      if (disk.full) throw sqlError('SQLITE_FULL', 'database or disk is full');
      const answer = await db.transaction().execute(work);
      await reach(() => sqlError('SQLITE_IOERR_FSYNC', 'disk I/O error'));
      return answer;
    },
    settled: async () => undefined,
    close: async () => undefined,
  };
}

const sqlError = (code: string, message: string): Error => Object.assign(new Error(message), { code });
