import { createHash } from 'node:crypto';
import { GantryError } from '../model/errors';

/** The key by which an SSH host proves who it is. */
export interface HostKey {
  /** `ssh-ed25519 AAAA…`: what is pinned. */
  text: string;
  type: string;
  /** `SHA256:…`, as `ssh` and forges write it. */
  fingerprint: string;
}

/** The one that is pinned where a host has several: the strongest. */
const TYPES = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'] as const;
const KEY_MAX = 4_000;

/** Reads `TYPE BASE64`, with or without a comment behind it; undefined when it is no key of a host. */
export function readHostKey(text: string): HostKey | undefined {
  const [type = '', base64 = ''] = text.trim().split(/[ \t]+/);
  if (text.length > KEY_MAX || !isType(type) || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  // The bytes name their type once more; both must agree.
  if (bytes.length < 4 + type.length || bytes.toString('latin1', 4, 4 + bytes.readUInt32BE(0)) !== type)
    return undefined;
  const digest = createHash('sha256').update(bytes).digest('base64').replace(/=+$/, '');
  return { text: `${type} ${base64}`, type, fingerprint: `SHA256:${digest}` };
}

export const isFingerprint = (text: string): boolean => /^SHA256:[A-Za-z0-9+/]{43}$/.test(text);

/** The strongest of those that a host has shown. */
export const strongest = (keys: readonly HostKey[]): HostKey | undefined =>
  TYPES.map((type) => keys.find((key) => key.type === type)).find((key) => key !== undefined);

/** @throws GantryError `host-key`. */
export function demandHostKey(text: string): HostKey {
  const key = readHostKey(text);
  if (key !== undefined) return key;
  const message = 'the key of the host must be its fingerprint (SHA256:…) or a line like "ssh-ed25519 AAAA…"';
  throw new GantryError('invalid', 'host-key', message, 'copy it from the page where the forge shows its keys');
}

const isType = (text: string): text is (typeof TYPES)[number] => (TYPES as readonly string[]).includes(text);
