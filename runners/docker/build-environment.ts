import { readFile } from 'node:fs/promises';
import { messageOf, StepFailure } from '../../engine/model/errors';
import type { InjectedFile } from '../../engine/ports/cluster';

/** How builds reach the outside; the same settings as those of the base images. */
export interface BuildNetworkSettings {
  /** PEM file on this machine with the certificates that commands shall trust. */
  caBundle?: string;
  httpProxy?: string;
  httpsProxy?: string;
  /** Comma-separated hosts that are reached without the proxy. */
  noProxy?: string;
  /** Nothing is reached at all. */
  appNetwork?: 'none';
}

const CA_FILE = '/gantry/ca.pem';
/** Each tool has its own name for the same thing. Java's store is part of the base image. */
const CA_VARIABLES = ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO', 'REQUESTS_CA_BUNDLE'];

/** Proxies in both spellings: apt reads lower case, Java and Node tools upper case. */
export function proxyEnvironment(settings: BuildNetworkSettings): Record<string, string> {
  const values = { http_proxy: settings.httpProxy, https_proxy: settings.httpsProxy, no_proxy: settings.noProxy };
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (!value) continue;
    variables[name] = value;
    variables[name.toUpperCase()] = value;
  }
  return variables;
}

/** Variables and files that every command gets besides its own. */
export async function commandSurroundings(
  settings: BuildNetworkSettings,
): Promise<{ env: Record<string, string>; files: InjectedFile[] }> {
  const env = proxyEnvironment(settings);
  if (!settings.caBundle) return { env, files: [] };
  const text = await readBundle(settings.caBundle);
  for (const name of CA_VARIABLES) env[name] = CA_FILE;
  return { env, files: [{ to: CA_FILE, from: { text }, mode: 0o444, verify: false }] };
}

async function readBundle(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const message = `the CA bundle for builds (${path}) cannot be read: ${messageOf(cause)}`;
    throw new StepFailure('world', message, 'correct the setting GANTRY_BUILD_CA_BUNDLE', { cause });
  }
}
