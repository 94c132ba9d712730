import { goesByProxy, type OutgoingOptions, ruleOf } from './outgoing';
import { callable } from './resolve';
import { bracketed, readTarget } from './target';

/** How a program that makes its own connections (git, ssh) is to reach a host: only so is it where we have looked. */
export type Reach = { by: 'address'; address: string } | { by: 'proxy'; proxy: string };

/**
 * Judges a host by the rules of every outgoing call, once: the program is told the address, and asks no name server.
 * @param options `proxy`: left out for programs that cannot use one
 * @throws GantryError `outgoing-refused`, `outgoing-unresolved`.
 */
export async function reach(options: OutgoingOptions, host: string, port: number): Promise<Reach> {
  const target = readTarget(`https://${bracketed(host)}:${port}/`);
  const rule = ruleOf(options);
  if (options.proxy !== undefined && (await goesByProxy(rule, target))) return { by: 'proxy', proxy: options.proxy };
  const [address = host] = await callable(rule, target);
  return { by: 'address', address };
}
