import { GantryError } from '../model/errors';
import { type Channel, type Frame, HEARTBEAT_MS, SILENCE_MS, WINDOW_BYTES } from '../ports/exchange';
import { decode, encode, type Message, sizeOf } from './wire-format';

/** Takes one message to the other side, in order; rejects when it cannot. */
export type Post = (bytes: Buffer) => Promise<void>;

/** A frame that is larger is sent in pieces, so that the two ends never wait for each other's whole window. */
const PIECE_BYTES = 16 * 1024;
/** Room is given back in portions, not byte by byte. */
const ROOM_PORTION = WINDOW_BYTES / 4;

/** One end of a session, over any wire that keeps order: numbers, windows, heartbeats. */
export class WireChannel implements Channel {
  private sent = 0;
  private heard = 0;
  private underWay = 0;
  private read = 0;
  private readonly waiting: Frame[] = [];
  private wakeReader: () => void = () => undefined;
  private readonly wakeSenders = new Set<() => void>();
  private lastHeardAt = 0;
  private ended: 'no' | 'bye' | GantryError = 'no';
  private readonly heartbeat: NodeJS.Timeout;

  constructor(
    private readonly post: Post,
    private readonly onClosed: () => void,
  ) {
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS);
  }

  async send(frame: Frame): Promise<void> {
    for (const piece of piecesOf(frame)) {
      while (this.ended === 'no' && this.underWay + sizeOf(piece) > WINDOW_BYTES) await this.room();
      if (this.ended !== 'no') throw this.ended === 'bye' ? lost('the other side has ended it') : this.ended;
      this.underWay += sizeOf(piece);
      await this.tell(piece);
    }
  }

  async *frames(): AsyncGenerator<Frame> {
    for (;;) {
      const frame = this.waiting.shift();
      if (frame !== undefined) {
        await this.giveRoom(sizeOf(frame));
        yield frame;
      } else if (this.ended === 'bye') return;
      else if (this.ended !== 'no') throw this.ended;
      else
        await new Promise<void>((resolve) => {
          this.wakeReader = resolve;
        });
    }
  }

  async close(): Promise<void> {
    if (this.ended !== 'no') return;
    await this.tell({ type: 'bye' }).catch(() => undefined); // nobody is there to hear it; silence tells the same
    this.end('bye');
  }

  /** What the wire brought. */
  receive(bytes: Buffer): void {
    if (this.ended !== 'no') return;
    const said = tryDecode(bytes);
    if (said === undefined) {
      this.fail(lost('the other side said what this Gantry does not know'));
      return;
    }
    const { message, number } = said;
    if (number !== this.heard) {
      this.fail(lost('a part of it was lost on the way'));
      return;
    }
    this.heard++;
    this.lastHeardAt = Date.now();
    this.take(message);
  }

  /** The wire is broken, or the other side is. */
  fail(error: GantryError): void {
    if (this.ended === 'no') this.end(error);
  }

  private take(message: Message): void {
    switch (message.type) {
      case 'here':
        return;
      case 'room':
        this.underWay -= message.bytes;
        for (const wake of this.wakeSenders) wake();
        return;
      case 'bye':
        this.end('bye');
        return;
      default:
        this.waiting.push(message);
        this.wakeReader();
    }
  }

  private async giveRoom(bytes: number): Promise<void> {
    this.read += bytes;
    if (this.read < ROOM_PORTION || this.ended !== 'no') return;
    const room = this.read;
    this.read = 0;
    await this.tell({ type: 'room', bytes: room });
  }

  private room(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.wakeSenders.delete(wake);
        resolve();
      };
      this.wakeSenders.add(wake);
    });
  }

  private async tell(message: Message): Promise<void> {
    // Who speaks first is heard by one who waits, and who then says at least that it is there.
    if (this.lastHeardAt === 0) this.lastHeardAt = Date.now();
    try {
      await this.post(encode(message, this.sent++));
    } catch (error) {
      const broken = lost('Redis does not answer', error);
      this.fail(broken);
      throw broken;
    }
  }

  private beat(): void {
    // Before its first word nobody listens on the other side: what is said then would be missing there.
    if (this.lastHeardAt === 0) return;
    if (Date.now() - this.lastHeardAt > SILENCE_MS) this.fail(lost('the other side is silent'));
    else void this.tell({ type: 'here' }).catch(() => undefined); // `tell` has ended the channel already
  }

  private end(how: 'bye' | GantryError): void {
    this.ended = how;
    clearInterval(this.heartbeat);
    this.wakeReader();
    for (const wake of this.wakeSenders) wake();
    this.onClosed();
  }
}

/** Undefined for what no Gantry of this version says: a newer one, or somebody else on the same wire. */
function tryDecode(bytes: Buffer): ReturnType<typeof decode> | undefined {
  try {
    return decode(bytes);
  } catch {
    return undefined;
  }
}

function piecesOf(frame: Frame): Frame[] {
  if (!('bytes' in frame) || frame.bytes.length <= PIECE_BYTES) return [frame];
  const pieces: Frame[] = [];
  for (let at = 0; at < frame.bytes.length; at += PIECE_BYTES) {
    pieces.push({ ...frame, bytes: frame.bytes.subarray(at, at + PIECE_BYTES) });
  }
  return pieces;
}

/** The bytes stopped; what the command did until then stays done. */
export const lost = (why: string, cause?: unknown): GantryError =>
  new GantryError('unavailable', 'exchange-lost', `the session broke off: ${why}`, 'start it again', { cause });
