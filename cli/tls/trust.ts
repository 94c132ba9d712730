import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TlsFiles } from '../../settings';
import type { Address } from '../api/address';
import { codeOf, failure } from '../errors';
import { isAddress } from './openssl';
import { authorityFile, namesOf } from './own';

export type Trust = Pick<Address, 'caFile' | 'servername'>;

/**
 * What this folder's own command line checks the certificate with: a file and not its text, since both kinds of
 * certificates are renewed in their place.
 * @throws CommandError `tls-certificate` when the given one cannot be read.
 */
export function trustOf(tls: TlsFiles | undefined): Trust {
  if (tls === undefined) return {};
  if (tls.own) return { caFile: authorityFile(tls) };
  // It names the address that people call, and this folder calls the machine itself.
  const name = namesOf(readCertificate(tls.certificate)).find((known) => !isAddress(known));
  return { caFile: tls.certificate, ...(name === undefined ? {} : { servername: name.replace('*', 'gantry') }) };
}

/** @throws CommandError `tls-certificate`. */
export function readCertificate(file: string): X509Certificate {
  try {
    return new X509Certificate(readFileSync(file));
  } catch (error) {
    const why = codeOf(error) || 'it is no certificate in PEM';
    throw failure('tls-certificate', `${file} cannot be used (${why})`, 'name another one: GANTRY_TLS_CERT', {
      cause: error,
    });
  }
}
