import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { boundOf } from '../../../engine/approvals/bound';
import { decideApproval } from '../../../engine/approvals/decide';
import { prepareApprovals } from '../../../engine/approvals/prepare';
import { withdrawVote } from '../../../engine/approvals/withdraw';
import { createApp } from '../../../engine/apps/create';
import { acceptPush, NO_COMMIT } from '../../../engine/deliveries/accept';
import { GantryError, LeaseLostError } from '../../../engine/model/errors';
import type { RunId, UserId } from '../../../engine/model/ids';
import type { EngineParts } from '../../../engine/parts';
import { performEffect } from '../../../engine/steps/effect';
import { finishStep } from '../../../engine/steps/finish';
import type { StepLease } from '../../../engine/steps/lease';
import { takeSteps } from '../../../engine/steps/take';
import { PlannedOnceDialect } from '../../../engine/store/sqlite-dialect';
import { openStore } from '../../../engine/store/store';
import type { Tables } from '../../../engine/store/tables';
import { ALL_APPS } from '../../../engine/users/scope';
import { parsePipeline } from '../../../pipelines/parse';
import { planPipeline } from '../../../pipelines/plan';
import type { Answer, Door, GateWorld, Move } from './world';

const KINDS = ['plan', 'build-image', 'seal', 'deliver', 'approve', 'promote'];
const STAGE = 'production';

/** The same gate in the product: its verbs, its transactions, its schema (SQLite, in memory), a run that waits there. */
export class RealDoor implements Door {
  /** Hashes of what pages showed, by version of what is bound. */
  private readonly shown = new Map<number, string>();
  private wasUsed = false;

  private constructor(
    private readonly world: GateWorld,
    private readonly parts: EngineParts,
    private readonly run: RunId,
  ) {}

  static async open(world: GateWorld): Promise<RealDoor> {
    const parts = await partsOf(world);
    await createApp(parts, 'shop', 'user:ada');
    await settle(parts, world);
    const door = new RealDoor(world, parts, await untilGate(parts, world));
    await door.noteShown();
    return door;
  }

  async vote({ user, vote, shown, byToken, breaksGlass }: Extract<Move, { do: 'vote' }>): Promise<Answer> {
    const page = shown === null ? {} : { shown: this.shown.get(shown) ?? 'another' };
    const said = { app: 'shop', user, vote, reason: 'payments fail', byToken, breaksGlass, ...page };
    return this.answered(async () => {
      const { state, reviewDue } = await decideApproval(this.parts, said);
      if (state === 'rejected') return { is: 'rejected' };
      return { is: 'counted', opens: state === 'granted', reviewDue: reviewDue !== null };
    });
  }

  withdraw(user: string): Promise<Answer> {
    return this.answered(async () => {
      const { state } = await withdrawVote(this.parts, { app: 'shop', user, reason: '' });
      return { is: 'withdrawn', opens: state === 'granted' };
    });
  }

  use(): Promise<Answer> {
    return this.answered(async () => {
      if (this.wasUsed) return { is: 'refused' };
      const [lease] = await take(this.parts, ['promote']);
      if (lease === undefined) return { is: 'refused' };
      const effect = { target: 'route', intent: null, find: async () => undefined, act: async () => 'switched' };
      await performEffect(this.parts, lease, effect);
      this.wasUsed = true;
      return { is: 'used' };
    });
  }

  async follow(move: Move): Promise<void> {
    const { store } = this.parts;
    await store.write(async (tx) => {
      if (move.do === 'change') {
        await tx
          .updateTable('runs')
          .set({ pipeline_hash: `pipeline ${this.world.bound}` })
          .execute();
      } else if (move.do === 'grant') {
        const held = { scope: ALL_APPS, role: move.role, granted_at: 0, granted_by: 'bench' } as const;
        const row = { holder: move.user as UserId, ...held };
        await tx
          .insertInto('role_grants')
          .values(row)
          .onConflict((c) => c.doNothing())
          .execute();
      } else if (move.do === 'revoke') {
        const held = tx.deleteFrom('role_grants').where('holder', '=', move.user as UserId);
        await held.where('role', '=', move.role).execute();
      } else if (move.do === 'link') {
        const row = { kind: 'email', name: move.mail, user_id: move.user as UserId };
        await tx
          .insertInto('identities')
          .values(row)
          .onConflict((c) => c.doNothing())
          .execute();
      }
    });
    await this.noteShown();
  }

  close(): Promise<void> {
    return this.parts.store.close();
  }

  private async noteShown(): Promise<void> {
    this.shown.set(this.world.bound, (await boundOf(this.parts.store.read, this.run, STAGE)).hash);
  }

  /** A refusal after which people are asked again is one that has voided what they had said. */
  private async answered(ask: () => Promise<Answer>): Promise<Answer> {
    const before = await this.round();
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof GantryError) && !(error instanceof LeaseLostError)) throw error;
      return (await this.round()) > before ? { is: 'void' } : { is: 'refused' };
    }
  }

  private async round(): Promise<number> {
    return (await this.parts.store.read.selectFrom('approvals').select('round').executeTakeFirstOrThrow()).round;
  }
}

/** What these verbs are given; nothing else of the engine is asked for anything. */
async function partsOf(world: GateWorld): Promise<EngineParts> {
  const handle = new Database(':memory:');
  handle.function('database_now', { deterministic: false }, () => world.now);
  const store = await openStore(new Kysely<Tables>({ dialect: new PlannedOnceDialect({ database: handle }) }));
  const silent = () => undefined;
  return {
    store,
    bell: { ring: async () => undefined },
    clock: { now: () => world.now },
    random: { bytes: randomBytes },
    probe: silent,
    log: { info: silent, warn: silent, error: silent },
  } as unknown as EngineParts;
}

/** Names are ids: whoever looks into the records finds people at once. */
async function settle({ store }: EngineParts, { people }: GateWorld): Promise<void> {
  await store.write(async (tx) => {
    for (const { name, roles, mails } of people.values()) {
      const id = name as UserId;
      await tx.insertInto('users').values({ id, name, created_at: 0, disabled_at: null }).execute();
      for (const role of roles) {
        const held = { holder: id, scope: ALL_APPS, role, granted_at: 0, granted_by: 'bench' } as const;
        await tx.insertInto('role_grants').values(held).execute();
      }
      for (const mail of mails) {
        await tx.insertInto('identities').values({ kind: 'email', name: mail, user_id: id }).execute();
      }
    }
  });
}

/** A push whose run walks to its gate, and waits there. */
async function untilGate(parts: EngineParts, world: GateWorld): Promise<RunId> {
  const [pusher = 'ada'] = world.actors;
  const push = { app: 'shop', source: 'git-push', ref: 'refs/heads/main', before: NO_COMMIT, after: 'a'.repeat(40) };
  await acceptPush(parts, { ...push, pusher }, `user:${pusher}`);
  for (;;) {
    const [lease] = await take(parts, KINDS);
    if (lease === undefined) throw new Error('the run has not come to its gate');
    if (lease.kind === 'approve') {
      await finishStep(parts, lease, { end: 'waiting', reason: 'people' });
      return lease.run.id;
    }
    if (lease.kind === 'plan') await plan(parts, lease, world);
    else await finishStep(parts, lease, { end: 'succeeded', output: null });
  }
}

async function plan(parts: EngineParts, lease: StepLease, { writers, role, count }: GateWorld): Promise<void> {
  const people = [...writers].map((name) => ({ part: 'author' as const, kind: 'email', name }));
  await prepareApprovals(parts, lease, { people, gates: [], beyond: { hash: '', commit: null } });
  const parsed = parsePipeline(`app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 5s }
stages:
  ${STAGE}: { approve: { role: ${role}, count: ${count}, expires: 1d } }
`);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  await finishStep(parts, lease, { end: 'planned', plan: planPipeline(parsed.spec) });
}

const take = (parts: EngineParts, kinds: readonly string[]): Promise<StepLease[]> =>
  takeSteps(parts, 'bench', () => ({ kinds, limit: 1, pools: 'all' }));
