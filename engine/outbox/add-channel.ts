import { findAppIn } from '../apps/find';
import { recordAudit } from '../audit/record';
import { newestEventIn } from '../events/since';
import { GantryError } from '../model/errors';
import type { Actor, EngineParts } from '../parts';
import type { Tx } from '../store/store';
import { sealIn } from '../store/vault-key';
import { readAddress } from './address';
import { CHANNEL_KINDS, isChannelKind } from './channel-kind';
import { purposeOf } from './channels';
import { isMessageKind, MESSAGE_KINDS, type MessageKind } from './message';

export interface ChannelWanted {
  name: string;
  kind: string;
  /** Where it is: an address, or addresses of mail. */
  to: string;
  /** What the other side signs with, or checks with; one is made for a `webhook` that has none. */
  secret?: string | undefined;
  /** Only this app; every app when left out. */
  app?: string | undefined;
  /** Kinds of messages; all of them when left out. */
  on?: readonly string[] | undefined;
}

export interface ChannelAdded {
  name: string;
  /** The secret that was made here: told once. */
  secret: string | null;
}

const CHANNELS_MAX = 200;

/**
 * Says where people are told. It is told of what happens from now on.
 * @throws GantryError `channel-name`, `channel-kind`, `channel-on`, `channel-address`, `channel-secret`,
 * `channel-taken`, `channels-full`, `app-unknown`.
 */
export async function addChannel(parts: EngineParts, wanted: ChannelWanted, actor: Actor): Promise<ChannelAdded> {
  const { name, kind } = wanted;
  checkName(name);
  if (!isChannelKind(kind)) throw unknown('channel-kind', 'kind of channel', kind, Object.keys(CHANNEL_KINDS));
  const on = kindsOf(wanted.on);
  const made = kind === 'webhook' && wanted.secret === undefined;
  const fresh = made ? `whsec_${parts.random.bytes(32).toString('base64')}` : null;
  const { shown, ...address } = readAddress(kind, wanted.to, wanted.secret ?? fresh);
  return parts.store.write(async (tx) => {
    const app = wanted.app === undefined ? null : await findAppIn(tx, wanted.app);
    await checkFree(tx, name);
    const row = {
      name,
      kind,
      app_id: app?.id ?? null,
      wants: on.join(' '),
      shown,
      sealed: await sealIn(tx, parts.vault, purposeOf(name), Buffer.from(JSON.stringify(address))),
      since: await newestEventIn(tx),
      dropped: 0,
      created_at: parts.clock.now(),
      created_by: actor,
    };
    await tx.insertInto('channels').values(row).execute();
    const detail = { kind, to: shown, on, app: app?.name };
    await recordAudit(parts, tx, { chain: app?.name ?? 'system', actor, action: 'channel.add', object: name, detail });
    return { name, secret: fresh };
  });
}

function checkName(name: string): void {
  if (/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) return;
  const message = 'a channel is named by up to 40 small letters, digits and hyphens';
  throw new GantryError('invalid', 'channel-name', message, 'for example: ops-chat');
}

function kindsOf(on: readonly string[] | undefined): MessageKind[] {
  const known = Object.keys(MESSAGE_KINDS) as MessageKind[];
  if (on === undefined || on.length === 0) return known;
  const strange = on.find((one) => !isMessageKind(one));
  if (strange !== undefined) throw unknown('channel-on', 'kind of message', strange, known);
  return known.filter((one) => on.includes(one));
}

async function checkFree(tx: Tx, name: string): Promise<void> {
  const names = await tx.selectFrom('channels').select('name').execute();
  if (names.some((row) => row.name === name)) {
    const next = `see it: gantry channel show ${name}`;
    throw new GantryError('conflict', 'channel-taken', `there is a channel "${name}" already`, next);
  }
  if (names.length < CHANNELS_MAX) return;
  const message = `there are ${CHANNELS_MAX} channels, and no more are taken`;
  throw new GantryError('busy', 'channels-full', message, 'remove one: gantry channel remove NAME');
}

const unknown = (code: string, what: string, given: string, known: readonly string[]) =>
  new GantryError('invalid', code, `there is no ${what} "${given.slice(0, 40)}"`, `there are: ${known.join(', ')}`);
