import ip, { type IPv4, type IPv6 } from 'ipaddr.js';

type Ip = IPv4 | IPv6;
type Network = [Ip, number];

/** Why an address is not called, in words; null when it may be. */
export type Judge = (address: string) => string | null;

/** Answers calls of machines in Azure although it is a public address: credentials of the machine itself. */
const AZURE_WIRE_SERVER = '168.63.129.16';
const NAT64: Network = ip.parseCIDR('64:ff9b::/96');
const GLOBAL_IPV6: Network = ip.parseCIDR('2000::/3');

const WORDS: Readonly<Record<string, string>> = {
  unspecified: 'an unspecified address',
  broadcast: 'a broadcast address',
  multicast: 'a multicast address',
  linkLocal: 'a link-local address, where clouds keep credentials',
  loopback: 'this machine itself',
  private: 'a private address',
  uniqueLocal: 'a private address',
  carrierGradeNat: 'a carrier-grade NAT address',
};

/**
 * Makes the rule that says which addresses may be called: public ones, and those of the site's allow-list.
 * An IPv4 address inside an IPv6 one (mapped, NAT64) is judged as what it is.
 * @param allow addresses and networks: `10.1.0.0/16`
 * @param own addresses of this machine, which nothing outside is reached by
 */
export function judgeOf(allow: readonly string[], own: () => readonly string[]): Judge {
  const allowed = allow.map(networkOf);
  return (text) => {
    const address = inner(ip.process(text.replace(/%.*$/, '')));
    if (allowed.some((network) => isIn(address, network))) return null;
    if (own().some((mine) => ip.process(mine).toString() === address.toString())) return 'this machine itself';
    return refusal(address);
  };
}

/** Whether an address is one of the allow-list. */
export function isAllowed(allow: readonly string[], address: string): boolean {
  const asked = inner(ip.process(address));
  return allow.some((entry) => isIn(asked, networkOf(entry)));
}

function refusal(address: Ip): string | null {
  if (address.toString() === AZURE_WIRE_SERVER) return 'an address of the cloud itself';
  const range = address.range();
  if (range !== 'unicast') return WORDS[range] ?? 'a reserved address';
  return address.kind() === 'ipv6' && !isIn(address, GLOBAL_IPV6) ? 'a reserved address' : null;
}

/** The IPv4 address that a NAT64 gateway would call for this one; else the address itself. */
function inner(address: Ip): Ip {
  return isIn(address, NAT64) ? ip.parse(address.toByteArray().slice(12).join('.')) : address;
}

function networkOf(entry: string): Network {
  if (entry.includes('/')) return ip.parseCIDR(entry);
  const address = ip.process(entry);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function isIn(address: Ip, [network, bits]: Network): boolean {
  return address.kind() === network.kind() && address.match([network, bits] as never);
}
