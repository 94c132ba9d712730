/**
 * Settings of how people meet Gantry: certificate, public address, proxies. For settings.ts alone, which reads the
 * environment.
 */
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';

/** The certificate that web shows, and its key: PEM files, read again when they change. */
export interface TlsFiles {
  certificate: string;
  key: string;
  /** Made by Gantry's own authority: only who was told to trust it does. */
  own: boolean;
}

/** Where Gantry keeps the certificate that its own authority made. */
export const ownTlsFiles = (home: string): TlsFiles => ({
  certificate: join(home, 'tls', 'certificate.pem'),
  key: join(home, 'tls', 'key.pem'),
  own: true,
});

/** @throws Error in the words of the manual when only half of a certificate is given, or two. */
export function tlsSettings(environment: NodeJS.ProcessEnv, home: string): { tls?: TlsFiles } {
  const { GANTRY_TLS: own = '', GANTRY_TLS_CERT: certificate = '', GANTRY_TLS_KEY: key = '' } = environment;
  if (own !== '' && own !== 'own') throw new Error(`GANTRY_TLS is "${own}"; it must be own, or not set`);
  if ((certificate === '') !== (key === '')) {
    throw new Error('GANTRY_TLS_CERT and GANTRY_TLS_KEY go together: two PEM files');
  }
  if (own !== '' && certificate !== '') throw new Error('GANTRY_TLS=own and GANTRY_TLS_CERT exclude each other');
  if (own !== '') return { tls: ownTlsFiles(home) };
  return certificate === '' ? {} : { tls: { certificate: resolve(certificate), key: resolve(key), own: false } };
}

/** An address without a path. @throws Error in the words of the manual. */
export function publicUrl(name: string, text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
  throw new Error(`${name} is "${text}"; it must be an address without a path, like https://gantry.bank.example`);
}

/** @throws Error in the words of the manual. */
export function networks(name: string, text = ''): string[] {
  const all = text.split(',').flatMap((entry) => entry.trim() || []);
  for (const entry of all) {
    const [address = '', bits = '0', more] = entry.split('/');
    const family = isIP(address);
    if (family !== 0 && more === undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
      continue;
    throw new Error(`${name} has "${entry}"; it takes addresses and networks: 10.0.0.5,10.1.0.0/16`);
  }
  return all;
}
