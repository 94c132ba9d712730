import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { AppId } from '../model/ids';
import type { Random } from '../ports/clock';

/** What an app shows to an SSH source: `ssh-ed25519 AAAA… gantry-APP`, and the file that `ssh` reads. */
export interface DeployKey {
  publicKey: string;
  privateKey: string;
}

const TYPE = 'ssh-ed25519';
/** What a PKCS #8 of Ed25519 (RFC 8410) has before its 32 bytes. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const BLOCK = 8;

/** A new Ed25519 key in OpenSSH's own form: it reads no other one of this type everywhere. */
export function makeDeployKey(random: Random, app: string): DeployKey {
  const seed = Buffer.from(random.bytes(32));
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const open = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32);
  const comment = `gantry-${app}`;
  const blob = Buffer.concat([text(TYPE), text(open)]);
  // Two equal numbers tell whoever decrypts a file that the password was right; this one has none.
  const check = Buffer.from(random.bytes(4));
  const inside = Buffer.concat([check, check, blob, text(Buffer.concat([seed, open])), text(comment)]);
  const none = [text('none'), text('none'), text('')];
  const file = [Buffer.from('openssh-key-v1\0'), ...none, uint32(1), text(blob), text(padded(inside))];
  const lines = Buffer.concat(file).toString('base64').replace(/.{70}/g, '$&\n');
  return {
    publicKey: `${TYPE} ${blob.toString('base64')} ${comment}`,
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`,
  };
}

/** Under which the private part is sealed. */
export const keyPurpose = (appId: AppId): string => `deploy-key:${appId}`;

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** With its length in front. */
function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Filled up with 1, 2, 3, … */
function padded(bytes: Buffer): Buffer {
  const missing = (BLOCK - (bytes.length % BLOCK)) % BLOCK;
  return Buffer.concat([bytes, Buffer.from(Array.from({ length: missing }, (_, i) => i + 1))]);
}
