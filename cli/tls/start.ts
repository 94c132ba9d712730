import type { CliSettings } from '../../settings';
import type { Wishes } from '../house/plan';
import { ensureOwnTls } from './own';

/** Before web starts: a certificate for every name by which it is going to be called. */
export async function ensureCertificate(
  { ownTls, publicUrl }: CliSettings,
  { listen }: Pick<Wishes, 'listen'>,
  say: (line: string) => void,
): Promise<void> {
  const called = publicUrl === undefined ? [] : [bare(new URL(publicUrl).hostname)];
  const listens = ['0.0.0.0', '::'].includes(listen.host) ? [] : [listen.host];
  const made = await ensureOwnTls(ownTls, [...called, ...listens], Date.now());
  if (made.newAuthority) say('made an authority for certificates; how to trust it: gantry tls trust');
  else if (made.newCertificate) say('made a new certificate, since the old one was about to end');
}

/** An IPv6 host without the brackets of its URL. */
const bare = (host: string): string => host.replace(/^\[|\]$/g, '');
