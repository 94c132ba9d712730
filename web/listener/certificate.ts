import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GantryError, messageOf } from '../../engine/model/errors';
import type { Logger } from '../../engine/ports/logger';
import { CERTIFICATE_LOOK_MS } from '../limits';

export interface CertificateFiles {
  certificate: string;
  key: string;
  /** Made by Gantry's own authority. */
  own: boolean;
}

/** What a TLS server is given. */
export interface KeyPair {
  cert: Buffer;
  key: Buffer;
}

/** @throws GantryError `tls-certificate` when the files cannot be read, or do not belong together. */
export function readKeyPair(files: CertificateFiles): KeyPair {
  const pair = { cert: read(files, 'certificate'), key: read(files, 'key') };
  if (belong(pair, files)) return pair;
  throw unusable(files, `${files.key} is not the key of ${files.certificate}`);
}

/** When the certificate ends, ms UTC. @throws GantryError `tls-certificate`. */
export const validUntil = (files: CertificateFiles): number =>
  new X509Certificate(read(files, 'certificate')).validToDate.getTime();

/**
 * Calls `onChange` with each new pair that the files hold. A pair that does not belong together, as while its two files
 * are being replaced, is not taken; when it stays so, it is said once.
 * @returns what ends the watching
 */
export function watchKeyPair(
  files: CertificateFiles,
  first: KeyPair,
  log: Logger,
  onChange: (pair: KeyPair) => void,
): () => void {
  let used = first;
  let trouble = '';
  const look = () => {
    try {
      const pair = readKeyPair(files);
      trouble = '';
      if (pair.cert.equals(used.cert) && pair.key.equals(used.key)) return;
      used = pair;
      onChange(pair);
      log.info({ file: files.certificate }, 'a new certificate is shown from now on');
    } catch (error) {
      if (messageOf(error) !== trouble) log.warn({ error: messageOf(error) }, 'the old certificate is still shown');
      trouble = messageOf(error);
    }
  };
  // Looked at by content: certificates are also replaced by renaming folders and links, which no file event tells.
  const timer = setInterval(look, CERTIFICATE_LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function read(files: CertificateFiles, which: 'certificate' | 'key'): Buffer {
  try {
    return readFileSync(files[which]);
  } catch (error) {
    throw unusable(files, messageOf(error), error);
  }
}

function belong({ cert, key }: KeyPair, files: CertificateFiles): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    throw unusable(
      files,
      `${files.certificate} and ${files.key} are no certificate and key: ${messageOf(error)}`,
      error,
    );
  }
}

function unusable({ own }: CertificateFiles, message: string, cause?: unknown): GantryError {
  const next = own ? 'make them: gantry tls renew' : 'give two PEM files: GANTRY_TLS_CERT, GANTRY_TLS_KEY';
  return new GantryError('unavailable', 'tls-certificate', message, next, { cause });
}
