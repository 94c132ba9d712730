import { bug, type Mutant } from '../mutant';

export const records: readonly Mutant[] = [
  bug(
    'not-audited',
    'changes of runs have no audit entry',
    'engine/runs/apply.ts',
    'await recordAudit(parts, tx, entries);',
    'void recordAudit;',
  ),
  bug(
    'audit-apart',
    'audit entries are written in a transaction of their own',
    'engine/audit/record.ts',
    'await insertEntries(tx, rows);',
    'void parts.store.write((own) => insertEntries(own, rows));',
  ),
  bug(
    'chain-broken',
    'an audit entry does not name the one before it',
    'engine/audit/record.ts',
    `prev_hash: known ?? '',`,
    `prev_hash: '',`,
  ),
  bug(
    'number-not-raised',
    'two events of a run have the same number',
    'engine/runs/apply.ts',
    'next_event: run.next_event + events };',
    'next_event: run.next_event };',
  ),
  bug(
    'kept-bytes-dropped',
    'the bytes of releases that are needed are forgotten',
    'engine/archives/due.ts',
    'drop: [...known.keys()].filter((imageId) => !wanted.has(imageId)),',
    'drop: [...known.keys()],',
  ),
  bug(
    'blobs-collected',
    'blobs of kept images are collected',
    'runners/control/keep-images.ts',
    'if (!named.has(digest) && writtenAt < before) await world.kept.remove(digest);',
    'if (writtenAt < before + YOUNG_MS) await world.kept.remove(digest);',
  ),
  bug(
    'wrong-provenance',
    'an artifact does not name its commit',
    'engine/releases/artifacts.ts',
    'commit: lease.run.commit,',
    'commit: lease.run.ref,',
  ),
  bug(
    'wrong-hash',
    'the hash of a release does not cover all of it',
    'engine/releases/seal.ts',
    'hash: hashOf(record),',
    'hash: hashOf(record.image),',
  ),
];
