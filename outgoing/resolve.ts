import { promises as dns } from 'node:dns';
import { GantryError } from '../engine/model/errors';
import { isAllowed, type Judge } from './address';
import type { Target } from './target';

/** Addresses of a name. Throws as Node's own does when there are none. */
export type Resolver = (host: string) => Promise<readonly string[]>;

/** As the machine resolves names for every program. */
export const machineResolver: Resolver = async (host) =>
  (await dns.lookup(host, { all: true })).map(({ address }) => address);

export interface Rule {
  allow: readonly string[];
  judge: Judge;
  resolve: Resolver;
}

/**
 * The addresses of a target that may be called, in the resolver's order; never none.
 * Plain HTTP, which anybody between can read and change, is for addresses of the allow-list.
 * @throws GantryError `outgoing-refused`, `outgoing-unresolved`.
 */
export async function callable({ allow, judge, resolve }: Rule, target: Target): Promise<string[]> {
  const { host, isAddress, url } = target;
  const found = isAddress ? [host] : await namesTo(resolve, host);
  const reasons = found.map((address) => ({ address, why: judge(address) }));
  const good = reasons.flatMap(({ address, why }) => (why === null ? [address] : []));
  const [bad] = reasons.filter(({ why }) => why !== null);
  if (good.length === 0 && bad !== undefined) throw refusedAddress(target, bad.address, bad.why ?? '');
  const plain = url.protocol === 'http:' ? good.filter((address) => isAllowed(allow, address)) : good;
  if (plain.length > 0) return plain;
  const next = 'use https, or let an administrator list its address in GANTRY_OUTGOING_ALLOW';
  throw new GantryError('forbidden', 'outgoing-refused', `${host} is called without encryption`, next);
}

async function namesTo(resolve: Resolver, host: string): Promise<readonly string[]> {
  try {
    const found = await resolve(host);
    if (found.length > 0) return found;
  } catch (error) {
    throw unresolved(host, error);
  }
  throw unresolved(host);
}

function unresolved(host: string, cause?: unknown): GantryError {
  const next = 'check the name, and the name servers of this machine';
  return new GantryError('unavailable', 'outgoing-unresolved', `no address is known for ${host}`, next, { cause });
}

function refusedAddress({ host, isAddress }: Target, address: string, why: string): GantryError {
  const message = isAddress ? `${host} is ${why}: not called` : `${host} leads to ${address}, ${why}: not called`;
  const next = `if it is meant, an administrator lists it: GANTRY_OUTGOING_ALLOW=${address}`;
  return new GantryError('forbidden', 'outgoing-refused', message, next);
}
