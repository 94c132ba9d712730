import { readFileSync } from 'node:fs';
import http from 'node:http';
import https, { type RequestOptions } from 'node:https';
import tls from 'node:tls';
import { codeOf, failure } from '../errors';
import type { Address } from './address';

type Trust = Pick<Address, 'url' | 'caFile' | 'servername'>;

/** How requests to an address are made: by which protocol, and whose certificates are trusted. */
export function transportTo({ url, caFile, servername }: Trust): {
  request: typeof http.request;
  options: RequestOptions;
} {
  if (!url.startsWith('https:')) return { request: http.request, options: {} };
  const options: RequestOptions = {
    ca: caFile === undefined ? machineAuthorities() : readAuthority(caFile),
    // A certificate that was named itself is trusted, whoever made it.
    allowPartialTrustChain: caFile !== undefined,
    ...(servername === undefined ? {} : { servername }),
  };
  return { request: https.request, options };
}

/** Node's own list lacks what a bank's machines trust. A Node before 22.15 cannot tell what that is. */
function machineAuthorities(): string[] {
  if (typeof tls.getCACertificates !== 'function') return [...tls.rootCertificates];
  return [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])];
}

function readAuthority(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw failure('ca-file', `${file} cannot be read (${codeOf(error)})`, 'name another one: GANTRY_CA=FILE', {
      cause: error,
    });
  }
}

/** Is it the certificate that is at fault, and not the network? */
export const isDistrust = (error: unknown): boolean =>
  /^(ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(codeOf(error));
