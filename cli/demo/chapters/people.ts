import { randomBytes, randomUUID } from 'node:crypto';
import { path } from '../../api/client';
import { type Hook, isFinal, type List, type Run } from '../../api/types';
import { openGate } from '../carry';
import { contains, holds, same, within } from '../checks';
import { callHook, pushBody } from '../forge';
import { Person } from '../person';
import { DEMO_AUTHOR } from '../repository';
import type { Scene } from './scene';

const FETCHED_MS = 10_000;
/** Whoever wrote the change may approve others': that is not why the yes is refused. */
const AUTHOR = { name: 'ada', email: 'ada@gantry.invalid' };
const OTHER = { name: 'rita', email: 'rita@gantry.invalid' };

/** Two people more: who wrote a change does not decide over it, somebody else does, and the audit tells all of it. */
export async function people(scene: Scene): Promise<void> {
  scene.story.part('Two more people come: whoever wrote a change does not decide over it.');
  await ownCommits(scene);
  const author = await invite(scene, AUTHOR);
  const other = await invite(scene, OTHER);
  const run = await byWebhook(scene);
  if (run === undefined) return;
  await decideOn(scene, run, author, other);
  await audited(scene, run);
}

/** Whose commits are on their way must be known: an address that is nobody's could be somebody who decides. */
async function ownCommits({ checks, house }: Scene): Promise<void> {
  await checks.that('gantry user link owner says whose the commits of before are', async () => {
    same((await house.gantry('user', 'link', 'owner', '--email', DEMO_AUTHOR.email)).status, 0);
  });
}

/** Both are release managers. */
async function invite({ checks, house, stop }: Scene, { name, email }: typeof AUTHOR): Promise<Person> {
  const person = new Person(name, house.client.url, stop);
  await checks.that(
    `gantry user add ${name} makes an invitation; with it ${name} has a password and a second factor`,
    async () => {
      const added = await house.must<{ invitation: { url: string } }>(
        'user',
        'add',
        name,
        '--email',
        email,
        '--role',
        'release-manager',
      );
      const password = randomBytes(12).toString('base64url');
      same(await person.accept(added.invitation.url, password), { status: 200, enrolled: true });
      const again = await new Person(name, house.client.url, stop).accept(added.invitation.url, password);
      holds(again.status >= 400, 'an invitation that opens once', again.status);
    },
  );
  return person;
}

/** @returns number of the run that waits for people; undefined when there is none */
async function byWebhook(scene: Scene): Promise<number | undefined> {
  const { checks, house, story, forge, stop } = scene;
  if (forge === undefined) throw new Error('ledger was not connected to a forge');
  const ledger = house.repository('ledger');
  ledger.write('NEWS.md', 'ledger, changed by ada.\n');
  await ledger.commit('ledger, changed by ada', AUTHOR);
  await ledger.pushTo(forge.folder);
  const body = pushBody(house, await ledger.head());
  const call = { ...forge.call, delivery: randomUUID() };
  await checks.that('a forged webhook of the push is refused with 401', async () => {
    same((await callHook({ ...call, secret: randomBytes(24).toString('hex') }, body, stop)).status, 401);
  });
  let number: number | undefined;
  await checks.that('the signed one starts its run, which goes as far as the gate before gray', async () => {
    same((await callHook(call, body, stop)).status, 202);
    const hookOf = async () =>
      (await house.api.get<List<Hook>>(path`/apps/ledger/hooks`)).items.find(
        ({ delivery }) => delivery === call.delivery,
      );
    await within(FETCHED_MS, async () => holds((await hookOf())?.run != null, 'a run', await hookOf()), stop);
    number = (await hookOf())?.run ?? 0;
    const atGate = (run: Run): boolean => isFinal(run) || openGate(run) !== undefined;
    const run = await house.untilRun('ledger', number, atGate, (now) => story.now('ledger', now.waitsFor || now.state));
    same(openGate(run)?.step, 'gray/approve');
    contains(run.author, AUTHOR.email);
  });
  story.now('ledger', undefined);
  return number;
}

async function decideOn({ checks, house }: Scene, number: number, author: Person, other: Person): Promise<void> {
  await checks.that('the token of the owner approves no more: people do that', async () => {
    const ended = await house.gantry('approve', 'ledger', String(number), '--json');
    holds(ended.status !== 0, 'an exit status other than 0', ended.status);
    contains(ended.stderr, 'a token cannot approve');
  });
  await checks.that('ada, who wrote it, is refused with the reason, though she is a release manager', async () => {
    const refused = await author.decide('ledger', number, 'yes', 'it is mine');
    same(refused.status, 403);
    contains(refused.text, 'ada wrote a commit of it, and so does not decide over it');
    same(openGate(await house.run('ledger', number))?.votes.length, 0);
  });
  await checks.that('rita approves, and the release goes on into gray', async () => {
    const { status, text } = await other.decide('ledger', number, 'yes', 'seen in test');
    holds(status === 303, 'the page of the run', `${status} ${text}`);
    const run = await house.untilRun('ledger', number, (now) => now.steps.some(isInGray));
    same(
      run.approvals.find(({ step }) => step === 'gray/approve')?.votes.map(({ user, vote }) => [user, vote]),
      [[OTHER.name, 'yes']],
    );
  });
  await checks.that('gantry run cancel takes gray back: production of ledger was not touched', async () => {
    same((await house.gantry('run', 'cancel', 'ledger', String(number), '--reason', 'it was only a check')).status, 0);
    await house.untilRun('ledger', number, isFinal);
    same((await house.environment('ledger', 'production'))?.stable?.number, 2);
  });
}

const isInGray = ({ name, state }: Run['steps'][number]): boolean => name === 'gray/deliver' && state === 'succeeded';

async function audited({ checks, house }: Scene, number: number): Promise<void> {
  await checks.that('the audit names who was refused and who approved, and is whole', async () => {
    const { items } = await house.must<{ items: { actor: string; action: string; object: string }[] }>(
      'audit',
      'show',
      'ledger',
    );
    const told = items
      .filter(({ object, action }) => object === `ledger#${number}/gray/approve` && action.startsWith('approval.'))
      .map(({ actor, action }) => `${actor} ${action}`);
    for (const entry of ['user:ada approval.refuse', 'user:rita approval.yes'])
      holds(told.includes(entry), entry, told);
    same((await house.gantry('audit', 'verify')).status, 0);
  });
}
