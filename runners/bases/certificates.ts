import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where Debian, Fedora and Alpine keep the bundle that programs of the host trust. */
const HOST_BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];
/** Certificates that an administrator added on Debian; there before `update-ca-certificates` was called. */
const LOCAL_FOLDER = '/usr/local/share/ca-certificates';
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Every certificate that the host trusts, each once, sorted, as one PEM text. The image keeps those that Debian itself
 * does not bring: a network that inspects TLS is met inside containers, too.
 * @param bundle the bundle to take instead of the host's own (setting "CA bundle for builds")
 */
export async function hostCertificates(bundle?: string): Promise<string> {
  const texts = bundle === undefined ? [await firstBundle(), ...(await localFiles())] : [await readBundle(bundle)];
  return uniqueCertificates(texts.join('\n'));
}

/** The certificates in a PEM text, each once, in an order that does not depend on that of the text. */
export function uniqueCertificates(pem: string): string {
  const found = pem.replaceAll('\r', '').match(CERTIFICATE) ?? [];
  return [...new Set(found)]
    .sort()
    .map((certificate) => `${certificate}\n`)
    .join('');
}

async function readBundle(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new Error(`The CA bundle for builds (${path}) cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

async function firstBundle(): Promise<string> {
  for (const path of HOST_BUNDLES) {
    const text = await readIfThere(path);
    if (text !== undefined) {
      return text;
    }
  }
  return '';
}

async function localFiles(): Promise<string[]> {
  const names = await readdir(LOCAL_FOLDER, { recursive: true }).catch(noneIfMissing);
  const texts = names.filter((name) => name.endsWith('.crt')).map((name) => readIfThere(join(LOCAL_FOLDER, name)));
  return (await Promise.all(texts)).filter((text) => text !== undefined);
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  });
}

function noneIfMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') {
    return [];
  }
  throw error;
}
