import { randomBytes, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { TlsFiles } from '../../settings';
import { makeFolder, PRIVATE_FILE } from '../processes/files';
import { authorityConfiguration, openssl, serverConfiguration } from './openssl';

const AUTHORITY_DAYS = 3650;
/** Browsers take no more than 398. */
const CERTIFICATE_DAYS = 397;
/** A certificate with less time left is made anew at the next start. */
const RENEW_DAYS = 30;
const DAY_MS = 24 * 3_600_000;

/** The authority of one data folder, and the certificate that it made for web. */
export interface OwnTls {
  authority: X509Certificate;
  certificate: X509Certificate;
  /** True when this call made it: whoever trusted an earlier one must be told again. */
  newAuthority: boolean;
  newCertificate: boolean;
}

const folderOf = ({ certificate }: TlsFiles): string => dirname(certificate);
/** Beside the certificate that it made. */
export const authorityFile = (files: TlsFiles): string => join(folderOf(files), 'ca.pem');
const authorityKey = (files: TlsFiles): string => join(folderOf(files), 'ca-key.pem');

/** Names and addresses by which a machine is called that was told nothing else. */
const namesHere = (): string[] => ['localhost', '127.0.0.1', '::1', hostname().toLowerCase()];

/** What there is; undefined before it was made. */
export function readOwnTls(files: TlsFiles): Pick<OwnTls, 'authority' | 'certificate'> | undefined {
  if (!existsSync(authorityFile(files)) || !existsSync(files.certificate)) return undefined;
  return { authority: read(authorityFile(files)), certificate: read(files.certificate) };
}

const read = (file: string): X509Certificate => new X509Certificate(readFileSync(file));

/**
 * Makes what is missing: an authority that may vouch for these names, and a certificate for them that lasts. What is
 * good stays, so that nobody has to trust a new authority for nothing.
 * @param names besides those of this machine
 * @param how `renew`: the certificate is made anew in any case
 * @throws CommandError `no-openssl`, `openssl-failed`.
 */
export async function ensureOwnTls(
  files: TlsFiles,
  names: readonly string[],
  now: number,
  how: 'keep' | 'renew' = 'keep',
): Promise<OwnTls> {
  makeFolder(folderOf(files));
  const known = readOwnTls(files);
  // Names stay: a machine that was renamed must not become one that nobody trusts.
  const wanted = [...new Set([...(known === undefined ? namesHere() : namesOf(known.certificate)), ...names])];
  // It must outlive the certificate that it makes.
  const newAuthority =
    known === undefined ||
    !covers(known.certificate, wanted) ||
    endsWithin(CERTIFICATE_DAYS + RENEW_DAYS, known.authority, now);
  if (newAuthority) await makeAuthority(files, wanted);
  const newCertificate = newAuthority || how === 'renew' || endsWithin(RENEW_DAYS, known.certificate, now);
  if (newCertificate) await makeCertificate(files, wanted);
  return { authority: read(authorityFile(files)), certificate: read(files.certificate), newAuthority, newCertificate };
}

const endsWithin = (days: number, certificate: X509Certificate, now: number): boolean =>
  certificate.validToDate.getTime() - now < days * DAY_MS;

/** An authority vouches for the names that its first certificate had. */
const covers = (certificate: X509Certificate, names: readonly string[]): boolean => {
  const known = namesOf(certificate);
  return names.every((name) => known.includes(name));
};

/** `localhost`, `127.0.0.1`, `::1`: as they were asked for. */
export const namesOf = (certificate: X509Certificate): string[] =>
  (certificate.subjectAltName ?? '').split(', ').map((entry) => {
    const [kind, ...rest] = entry.split(':');
    return kind === 'IP Address' ? shortAddress(rest.join(':')) : rest.join(':');
  });

/** `0:0:0:0:0:0:0:1` is `::1`, in the one way that URLs write it. */
const shortAddress = (address: string): string =>
  address.includes(':') ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address;

function makeAuthority(files: TlsFiles, names: readonly string[]): Promise<void> {
  const subject = `Gantry on ${hostname()}, made ${new Date().toISOString().slice(0, 10)}`;
  return makeIn(files, async (folder) => {
    writeFileSync(join(folder, 'ca.cnf'), authorityConfiguration(subject, names));
    await openssl(folder, [
      ...['req', '-x509', '-config', 'ca.cnf', '-extensions', 'extensions', '-days', String(AUTHORITY_DAYS)],
      ...['-set_serial', serial(), ...NEW_KEY, '-keyout', 'ca-key.pem', '-out', 'ca.pem'],
    ]);
    take(folder, 'ca-key.pem', authorityKey(files));
    take(folder, 'ca.pem', authorityFile(files));
  });
}

function makeCertificate(files: TlsFiles, names: readonly string[]): Promise<void> {
  return makeIn(files, async (folder) => {
    writeFileSync(join(folder, 'server.cnf'), serverConfiguration(names[0] ?? 'localhost', names));
    await openssl(folder, [
      ...['req', '-new', '-config', 'server.cnf', ...NEW_KEY, '-keyout', 'key.pem', '-out', 'request.pem'],
    ]);
    await openssl(folder, [
      ...['x509', '-req', '-in', 'request.pem', '-CA', authorityFile(files), '-CAkey', authorityKey(files)],
      ...['-set_serial', serial(), '-days', String(CERTIFICATE_DAYS), '-sha256'],
      ...['-extfile', 'server.cnf', '-extensions', 'extensions', '-out', 'certificate.pem'],
    ]);
    // Whoever reads between the two sees a pair that does not fit, and looks again.
    take(folder, 'key.pem', files.key);
    take(folder, 'certificate.pem', files.certificate);
  });
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-sha256'] as const;
const serial = (): string => `0x4${randomBytes(15).toString('hex')}`;

/** Half of what is made must never be seen: it is made in a folder of its own, and moved when it is whole. */
async function makeIn(files: TlsFiles, make: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(folderOf(files), 'new-'));
  try {
    await make(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function take(folder: string, name: string, to: string): void {
  chmodSync(join(folder, name), PRIVATE_FILE);
  renameSync(join(folder, name), to);
}
