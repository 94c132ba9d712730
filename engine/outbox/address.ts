import { GantryError } from '../model/errors';
import { type ChannelKind, SIGNING } from './channel-kind';

/** Where a channel is, and what it signs with: sealed as it is, never shown. */
export interface Address {
  to: string;
  secret: string | null;
}

const TO_MAX = 2_000;
const PEOPLE_MAX = 20;
const MAILBOX = /^[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}.-]{0,250}[\p{L}\p{N}])?$/u;

/**
 * Reads what somebody typed as the address of a channel.
 * @returns the address as it is kept, and as much of it as may be seen
 * @throws GantryError `channel-address`, `channel-secret`; never with the address itself.
 */
export function readAddress(kind: ChannelKind, to: string, secret: string | null): Address & { shown: string } {
  if (secret !== null && !SIGNING.includes(kind)) throw badSecret(`a channel of kind ${kind} signs nothing`);
  if (secret !== null && !/^[\x21-\x7e]{8,200}$/.test(secret)) {
    throw badSecret('the secret is 8 to 200 letters, digits and signs, without spaces');
  }
  if (kind === 'webhook' && secret !== null && !isStandardSecret(secret)) {
    throw badSecret('the secret of a webhook is whsec_ and base64 of 24 to 64 bytes');
  }
  return { ...(kind === 'email' ? readMailboxes(to) : readUrl(to)), secret };
}

/** `whsec_` and base64, as Standard Webhooks have it. */
function isStandardSecret(secret: string): boolean {
  const bytes = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return secret.startsWith('whsec_') && bytes.length >= 24 && bytes.length <= 64;
}

function readMailboxes(text: string): { to: string; shown: string } {
  const all = text.split(',').map((one) => one.trim());
  if (all.length > PEOPLE_MAX) throw badAddress(`more than ${PEOPLE_MAX} people: give the address of a list`);
  if (!all.every((one) => MAILBOX.test(one))) throw badAddress('it is no list of mail addresses', 'ops@bank.example');
  return { to: all.join(', '), shown: all.join(', ') };
}

function readUrl(text: string): { to: string; shown: string } {
  const example = 'https://hooks.example.org/…';
  if (text.length > TO_MAX || !URL.canParse(text)) throw badAddress('it is no URL', example);
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw badAddress('it is no web address', example);
  if (url.username !== '' || url.password !== '') throw badAddress('it has a user name or password in it', example);
  return { to: url.href, shown: `${url.origin}/…` };
}

const badAddress = (why: string, example = 'ops@bank.example') =>
  new GantryError(
    'invalid',
    'channel-address',
    `the address of the channel is not understood: ${why}`,
    `write it like ${example}`,
  );

const badSecret = (why: string) =>
  new GantryError('invalid', 'channel-secret', why, 'copy it again, or leave it out when nothing is to be signed');
