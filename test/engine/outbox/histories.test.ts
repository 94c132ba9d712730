import { expect } from 'chai';
import fc from 'fast-check';
import type { PostTaken } from '../../../engine/forges/take-post';
import type { AppId } from '../../../engine/model/ids';
import type { Outcome } from '../../../engine/outbox/line';
import type { MessageTaken } from '../../../engine/outbox/take-message';
import { FILES, failRun, makeTold, type Told } from './support';

/** What may happen, in any order. Two runners: `runner` is which of them. */
type Move =
  | { is: 'happens' | 'collect' | 'time' | 'claim-lapses' }
  | { is: 'take' | 'send' | 'settle' | 'die'; runner: 0 | 1 };

const runner = fc.constantFrom(0 as const, 1 as const);
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ is: fc.constantFrom('happens', 'happens', 'collect', 'time', 'claim-lapses', 'claim-lapses') }),
  {
    weight: 3,
    arbitrary: fc.record({ is: fc.constantFrom('take', 'take', 'send', 'send', 'settle', 'settle', 'die'), runner }),
  },
) as fc.Arbitrary<Move>;
const moves = fc.array(move, { minLength: 10, maxLength: 60 });
const HISTORIES = { numRuns: 60 };

/** What the two runners do with one kind of thing that is to be sent. */
interface Sending<Taken> {
  take(): Promise<Taken | undefined>;
  arrive(taken: Taken): void;
  settle(taken: Taken, sent: boolean): Promise<void>;
  /** Whether a runner may die between sending and settling. */
  diesAnywhere: boolean;
  others: Record<Exclude<Move['is'], 'take' | 'send' | 'settle' | 'die'>, () => unknown>;
}

/** Walks a history; what is in the hands of a runner at its end is settled, if it was sent. */
async function walk<Taken>(history: readonly Move[], sending: Sending<Taken>): Promise<void> {
  const hands: ({ taken: Taken; sent: boolean } | undefined)[] = [undefined, undefined];
  for (const move of history) {
    if (!('runner' in move)) {
      await sending.others[move.is]();
      continue;
    }
    const hand = hands[move.runner];
    if (move.is === 'take' && hand === undefined) {
      const taken = await sending.take();
      hands[move.runner] = taken && { taken, sent: false };
    } else if (move.is === 'send' && hand !== undefined && !hand.sent) {
      hand.sent = true;
      sending.arrive(hand.taken);
    } else if (move.is === 'settle' && hand !== undefined) {
      await sending.settle(hand.taken, hand.sent);
      hands[move.runner] = undefined;
    } else if (move.is === 'die' && (sending.diesAnywhere || hand?.sent !== true)) {
      hands[move.runner] = undefined;
    }
  }
  for (const hand of hands) if (hand?.sent) await sending.settle(hand.taken, true);
}

const outcomeOf = (sent: boolean): Outcome => (sent ? { kind: 'sent' } : { kind: 'later', reason: 'no' });
const EIGHTH_OF_AN_HOUR_MS = 460_000;

describe('histories of telling', function () {
  this.timeout(120_000);
  let told: Told;
  let number: number;
  before(async () => {
    told = await makeTold(true);
    await told.collect();
    number = await told.house.push('shop', FILES);
  });
  after(() => told.house.close());
  const engine = () => told.house.engine;
  const time = () => told.later(EIGHTH_OF_AN_HOUR_MS);
  const lapse = () =>
    engine().parts.store.write((tx) => tx.updateTable('outgoing_lines').set({ claimed_until: 0 }).execute());

  it('lose no message, and bring each first in its order, whoever dies or is late', async () => {
    const take = () => engine().outbox.take('ops');
    await fc.assert(
      fc.asyncProperty(moves, async (history) => {
        await engine().channels.add({ name: 'ops', kind: 'slack', to: 'https://chat.example/x' }, 'user:ada');
        const arrived: MessageTaken[] = [];
        let happened = 0;
        const happens = () => failRun(told.house, number).then(() => happened++);
        await walk(history, {
          take,
          arrive: (taken) => arrived.push(taken),
          settle: (taken, sent) => engine().outbox.settle(taken, outcomeOf(sent)),
          diesAnywhere: true,
          others: { happens, collect: told.collect, time, 'claim-lapses': lapse },
        });
        await told.collect();
        told.later(8 * EIGHTH_OF_AN_HOUR_MS);
        await lapse();
        for (let taken = await take(); taken !== undefined; taken = await take()) {
          arrived.push(taken);
          await engine().outbox.settle(taken, { kind: 'sent' });
        }
        const first = arrived.filter(({ id }, at) => arrived.findIndex((one) => one.id === id) === at);
        const times = first.map(({ message }) => message.at);
        await engine().channels.remove('ops', 'user:ada');
        expect(first).to.have.length(happened);
        expect(times).to.eql([...times].sort((a, b) => a - b));
      }),
      HISTORIES,
    );
  });

  it('leave at the forge what is right, however late a runner was', async () => {
    const app = (await engine().apps.find('shop')).id;
    await engine().apps.connect({ app: 'shop', url: 'https://github.com/bank/shop.git', token: 'tok' }, 'user:ada');
    const take = () => engine().forges.take(app);
    await fc.assert(
      fc.asyncProperty(moves, async (history) => {
        const forge = new Map<string, string>();
        const arrive = (taken: PostTaken) => void forge.set(taken.context, JSON.stringify(taken.body));
        let wanted = 0;
        await engine().parts.store.write((tx) => tx.deleteFrom('forge_posts').execute());
        await walk(history, {
          take,
          arrive,
          settle: (taken, sent) => engine().forges.settle(taken, outcomeOf(sent)),
          diesAnywhere: false,
          others: { happens: () => want(app, ++wanted), collect: () => undefined, time, 'claim-lapses': lapse },
        });
        told.later(8 * EIGHTH_OF_AN_HOUR_MS);
        await lapse();
        for (let taken = await take(); taken !== undefined; taken = await take()) {
          arrive(taken);
          await engine().forges.settle(taken, { kind: 'sent' });
        }
        if (wanted > 0) expect(forge.get('gantry/shop/test')).to.include(`"sentence":"state ${wanted}"`);
      }),
      { ...HISTORIES, examples: [[OVERTAKEN], [SETTLED_LATE]] },
    );
  });

  /** One that chance seldom finds: the first runner shows its older state after the second has shown the newer one. */
  const OVERTAKEN: Move[] = [
    { is: 'happens' },
    { is: 'take', runner: 0 },
    { is: 'claim-lapses' },
    { is: 'happens' },
    { is: 'take', runner: 1 },
    { is: 'send', runner: 1 },
    { is: 'settle', runner: 1 },
    { is: 'send', runner: 0 },
    { is: 'settle', runner: 0 },
  ];

  /** The older state arrives after the newer one, and is settled before that. */
  const SETTLED_LATE: Move[] = [
    { is: 'happens' },
    { is: 'take', runner: 1 },
    { is: 'happens' },
    { is: 'claim-lapses' },
    { is: 'take', runner: 0 },
    { is: 'send', runner: 0 },
    { is: 'send', runner: 1 },
    { is: 'settle', runner: 1 },
  ];

  /** As a run that moves on makes it: another state at the same place. */
  const want = (app: AppId, state: number) =>
    engine().parts.store.write(async (tx) => {
      const body = JSON.stringify({ state: 'running', sentence: `state ${state}`, link: 'https://gantry/' });
      const place = { app_id: app, kind: 'status' as const, target: 'c'.repeat(40), context: 'gantry/shop/test' };
      const row = {
        ...place,
        run_number: 1,
        body,
        version: 1,
        sent_version: 0,
        failures: 0,
        not_before: 0,
        trouble: '',
        updated_at: 0,
      };
      const updated_at = engine().parts.clock.now();
      await tx
        .insertInto('forge_posts')
        .values({ ...row, updated_at })
        .onConflict((c) =>
          c
            .columns(['app_id', 'kind', 'target', 'context'])
            .doUpdateSet((e) => ({ body, version: e('forge_posts.version', '+', 1), updated_at })),
        )
        .execute();
    });
});
