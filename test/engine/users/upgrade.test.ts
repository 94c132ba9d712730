import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { sql } from 'kysely';
import type { UserId } from '../../../engine/model/ids';
import { migrations } from '../../../engine/store/migrations';
import { openDatabase } from '../../../engine/store/open';
import { openStore } from '../../../engine/store/store';
import { ROLES, rolesOf, solo } from '../../../engine/users/roles';
import { onSqliteOnly } from '../../support/engine';

/** The schema before there were people: a user had a role that nobody asked for. */
const BEFORE_PEOPLE = 14;

describe('an installation of before there were roles', () => {
  it('keeps its user, who holds every role from then on', async function () {
    onSqliteOnly(this, 'the databases of the suite on PostgreSQL begin with the newest schema');
    const folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
    const old = await openDatabase({ home: folder });
    const older = await openStore(old, migrations.slice(0, BEFORE_PEOPLE));
    await sql`insert into users (id, name, role, created_at) values ('u1', 'owner', 'owner', 1)`.execute(old);
    await older.close();
    const store = await openStore(await openDatabase({ home: folder }));
    expect([...(await rolesOf(store.read, 'u1' as UserId, null))]).to.have.members([...ROLES]);
    expect(await solo(store.read)).to.equal(true);
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
});
