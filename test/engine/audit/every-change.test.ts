import { expect } from 'chai';
import type { Engine } from '../../../engine/engine';
import type { Store, Tx } from '../../../engine/store/store';
import { type House, makeHouse } from '../../support/house';

/** Verbs that change the state of something, and write an entry in the same transaction. */
const AUDITED = [
  'apps.create',
  'apps.connect',
  'approvals.decide',
  'deliveries.accept',
  'environments.change',
  'environments.ensure',
  'holds.confirmRestore',
  'releases.create',
  'releases.seal',
  'releases.sealArtifact',
  'releases.withdraw',
  'runs.cancel',
  'runs.rollback',
  'runs.setGrayShare',
  'runs.undo',
  'sessions.end',
  'sessions.open',
  'users.first',
] as const;

/** State that is compared: all of it, but for what only says when, how far, or how something is called. */
const STATE = {
  apps: ['id', 'name', 'path', 'repository_id'],
  users: ['id', 'name', 'role'],
  tokens: ['hash', 'user_id', 'name'],
  app_sources: ['app_id', 'url'],
  deliveries: ['id', 'outcome', 'reason', 'run_id'],
  runs: ['id', 'state', 'ends_as', 'reason', 'pipeline_hash'],
  steps: ['id', 'state', 'reason', 'output'],
  artifacts: ['digest'],
  releases: ['id', 'hash', 'state'],
  environments: ['id', 'host', 'slot', 'traffic', 'version'],
  approvals: ['id', 'state'],
  approval_votes: ['approval_id', 'user', 'vote'],
  instance_sessions: ['id', 'state'],
} as const;

const FILES = {
  Dockerfile: 'FROM gantry/node\n',
  'gantry.yml': `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 5s }
stages:
  test: {}
  gray: { share: 5%, approve: { role: release-manager } }
  production: { approve: { role: release-manager } }
`,
};

async function picture(tx: Tx): Promise<string> {
  const all: unknown[] = [];
  for (const [table, columns] of Object.entries(STATE)) {
    all.push(
      await tx
        .selectFrom(table as 'runs')
        .select(columns as never)
        .orderBy(columns[0] as never)
        .execute(),
    );
  }
  return JSON.stringify(all);
}

const countEntries = async (tx: Tx): Promise<number> =>
  Number(
    (
      await tx
        .selectFrom('audit')
        .select((e) => e.fn.countAll().as('n'))
        .executeTakeFirstOrThrow()
    ).n,
  );

/** Looks into each transaction, and notes those that change state without an entry. */
function watching(store: Store, silent: string[]): Store {
  return {
    ...store,
    write: (work) =>
      store.write(async (tx) => {
        const [before, entries] = [await picture(tx), await countEntries(tx)];
        const answer = await work(tx);
        if ((await picture(tx)) !== before && (await countEntries(tx)) === entries) silent.push(work.toString());
        return answer;
      }),
  };
}

/** Notes each verb that is called, by its path. */
function noting(engine: Engine, called: Set<string>): void {
  for (const [group, verbs] of Object.entries(engine)) {
    if (group === 'parts') continue;
    const record = verbs as Record<string, (...args: unknown[]) => unknown>;
    for (const [name, verb] of Object.entries(record)) {
      record[name] = (...args) => {
        called.add(`${group}.${name}`);
        return verb(...args);
      };
    }
  }
}

describe('every change of state', function () {
  this.timeout(60_000);
  let house: House;
  const silent: string[] = [];
  const called = new Set<string>();
  before(async () => {
    house = await makeHouse({ hasty: true, patienceMs: 30_000 });
    const { engine } = house;
    engine.parts.store = watching(engine.parts.store, silent);
    noting(engine, called);
    await live(house);
  });
  after(() => house.close());

  it('has an entry in its own transaction [L1]', () => {
    expect(silent).to.deep.equal([]);
  });

  it('was made in this story by every verb that says so', () => {
    expect(AUDITED.filter((verb) => !called.has(verb))).to.deep.equal([]);
  });

  it('leaves a chain that verifies, in which somebody stands behind each entry [L2] [L4]', async () => {
    expect((await house.engine.audit.verify({})).breaks).to.deep.equal([]);
    const entries = await house.engine.audit.list({ limit: 10_000 });
    expect(entries.length).to.be.greaterThan(100);
    expect(entries.filter(({ actor }) => !/^(user|runner|rule|forge|system):?.+/.test(actor))).to.deep.equal([]);
  });
});

/** Every verb of people, and what runners do because of it. */
async function live(house: House): Promise<void> {
  const { engine } = house;
  await engine.users.first('ada');
  await engine.apps.create('shop', 'user:ada');
  await engine.apps.connect({ app: 'shop', url: 'https://forge.example/ada/shop.git' }, 'user:ada');
  await house.through('shop', await house.push('shop', FILES));
  await house.through('shop', await house.push('shop', { version: '2' }));
  const asked = { app: 'shop', run: 2, before: 'seal' };
  const preview = await engine.runs.previewUndo(asked);
  const undone = await engine.runs.undo({ ...asked, previewHash: preview.hash, reason: '' }, 'user:ada');
  await house.settled('shop', undone.run);
  const stopped = await house.push('shop', { version: '3' });
  await house.settled('shop', stopped);
  await engine.approvals.decide({ app: 'shop', run: stopped, user: 'ada', vote: 'yes', reason: '' });
  await house.settled('shop', stopped);
  const { run } = await engine.runs.setGrayShare({ app: 'shop', share: 1_000 }, 'user:ada');
  await house.settled('shop', run);
  await lookInside(house);
  const ref = `registry.example/shop@sha256:${'0'.repeat(64)}`;
  const given = await engine.releases.create({ app: 'shop', given: { kind: 'image', ref } }, 'user:ada');
  await engine.runs.cancel({ app: 'shop', run: given.run, reason: 'a mistake' }, 'user:ada');
  await house.settled('shop', (await engine.runs.rollback({ app: 'shop', reason: 'bad' }, 'user:ada')).run);
  await engine.holds.begin('restore', { reason: 'restored', since: 1, forMs: null });
  await engine.holds.confirmRestore('user:ada', new Map());
}

async function lookInside({ engine }: House): Promise<void> {
  const request = { command: ['true'], terminal: null };
  const wanted = { app: 'shop', kind: 'shell', request, production: true } as const;
  const session = await engine.sessions.open(wanted, 'user:ada');
  await session.channel.close();
  await engine.sessions.end(session.id, { exitCode: 0, reason: 'closed' }, 'runner:test');
}
