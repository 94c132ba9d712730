import type { Frame } from '../ports/exchange';

/** What goes over the wire: the frames of a session, and what the two ends of a channel say to each other. */
export type Message =
  | Frame
  | { type: 'here' }
  /** So many bytes were read: there is room for as many more. */
  | { type: 'room'; bytes: number }
  | { type: 'bye' };

const KINDS = ['here', 'room', 'bye', 'open', 'input', 'end-of-input', 'size', 'output', 'errors', 'end'] as const;
const HEADER_BYTES = 5;
const NOTHING = Buffer.alloc(0);

/** One byte of kind, four of number, then bytes as they are or JSON. */
export function encode(message: Message, number: number): Buffer {
  const payload = 'bytes' in message && typeof message.bytes === 'object' ? message.bytes : jsonOf(message);
  const bytes = Buffer.alloc(HEADER_BYTES + payload.length);
  bytes[0] = KINDS.indexOf(message.type);
  bytes.writeUInt32BE(number >>> 0, 1);
  payload.copy(bytes, HEADER_BYTES);
  return bytes;
}

/** @throws Error for what no version of Gantry has sent. */
export function decode(bytes: Buffer): { message: Message; number: number } {
  const type = KINDS[bytes[0] ?? KINDS.length];
  if (type === undefined || bytes.length < HEADER_BYTES) throw new Error('a frame of an unknown kind');
  const payload = bytes.subarray(HEADER_BYTES);
  const number = bytes.readUInt32BE(1);
  if (type === 'input' || type === 'output' || type === 'errors') return { message: { type, bytes: payload }, number };
  const fields = payload.length === 0 ? {} : (JSON.parse(payload.toString('utf8')) as object);
  return { message: { ...fields, type } as Message, number };
}

function jsonOf({ type: _type, ...fields }: Message): Buffer {
  return Object.keys(fields).length === 0 ? NOTHING : Buffer.from(JSON.stringify(fields));
}

/** How much of the window a frame takes. */
export const sizeOf = (frame: Frame): number => ('bytes' in frame ? frame.bytes.length : 0);
