import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { type RawData, WebSocket } from 'ws';
import { CommandError, EXIT, failure } from '../errors';
import { harmless, type Screen } from '../output';

/** Takes bytes as they are: what a command draws, or what another program wants. */
type RawScreen = Omit<Screen, 'write'> & { write(text: string | Buffer): unknown };

/** The terminal of the person, or the pipes of a program. */
export interface Terminal {
  readonly stdin: NodeJS.ReadableStream & { isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly stdout: RawScreen & { rows?: number; on?(event: 'resize', heard: () => void): unknown };
  readonly stderr: RawScreen;
}

export interface ShellOpened {
  name: string;
  place: string;
  number: number;
  of: number;
}

export interface ShellEnd {
  /** Null: it was stopped before it ended. */
  exitCode: number | null;
  /** Why it was stopped; empty when it ended by itself. */
  reason: string;
}

type Said = { open: ShellOpened } | { end: ShellEnd } | { error: { code: string; message: string; next: string } };

const ERRORS_BYTE = 2;
/** Gantry takes no larger messages. */
const MESSAGE_MAX = 64 * 1024;

/**
 * Carries a shell between the person's terminal and Gantry, until it ends.
 * @param wanted its first message: which instance, which command, with a terminal or without
 * @throws CommandError when it is refused or breaks off
 */
export async function carryShell(
  socket: WebSocket,
  wanted: object,
  terminal: Terminal,
  onOpen: (opened: ShellOpened) => void,
): Promise<ShellEnd> {
  let close: () => void = () => undefined;
  try {
    await once(socket, 'open');
    socket.send(JSON.stringify(wanted));
    return await new Promise<ShellEnd>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', () =>
        reject(failure('session-lost', 'the session broke off: Gantry has gone away', 'start it again')),
      );
      socket.on('message', (data, isBinary) => {
        if (isBinary) return write(bytesOf(data), terminal);
        const said = JSON.parse(bytesOf(data).toString('utf8')) as Said;
        if ('error' in said) reject(refusal(said.error));
        else if ('end' in said) resolve(said.end);
        else {
          onOpen(said.open);
          close = connectKeyboard(socket, terminal);
        }
      });
    });
  } finally {
    close();
    // One that was refused before it was open tells of being closed by an error; why is known already.
    socket.on('error', () => undefined);
    socket.close();
  }
}

function refusal({ code, message, next }: { code: string; message: string; next: string }): CommandError {
  const exit = code === 'production-not-said' ? EXIT.denied : EXIT.failed;
  return new CommandError(exit, code, harmless(message), harmless(next));
}

function write(bytes: Buffer, { stdout, stderr }: Terminal): void {
  // As it is: a program in a terminal draws, and may be a pipe's other end that wants bytes.
  (bytes[0] === ERRORS_BYTE ? stderr : stdout).write(bytes.subarray(1));
}

/** Every key goes to the instance, Ctrl-C too. Returns what gives the terminal back. */
function connectKeyboard(socket: WebSocket, { stdin, stdout }: Terminal): () => void {
  const input = stdin as Readable;
  const raw = stdin.isTTY === true && stdout.isTTY === true;
  if (raw) stdin.setRawMode?.(true);
  const onData = (bytes: Buffer): void => {
    input.pause();
    for (const piece of piecesOf(bytes)) socket.send(piece);
    // Called when everything before it was handed to the network.
    socket.send(Buffer.alloc(0), () => input.resume());
  };
  const onEnd = (): void => tell(socket, { endOfInput: true });
  const onResize = (): void => tell(socket, { size: sizeOf(stdout) });
  input.on('data', onData).on('end', onEnd);
  if (raw) stdout.on?.('resize', onResize);
  return () => {
    input.off('data', onData).off('end', onEnd).pause();
    if (raw) stdin.setRawMode?.(false);
  };
}

/** A terminal that does not know its size, or says 0, is taken for the usual one. */
export const sizeOf = ({ columns, rows }: Terminal['stdout']): { columns: number; rows: number } => ({
  columns: columns || 80,
  rows: rows || 24,
});

const piecesOf = (bytes: Buffer): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / MESSAGE_MAX) }, (_, i) =>
    bytes.subarray(i * MESSAGE_MAX, (i + 1) * MESSAGE_MAX),
  );

function tell(socket: WebSocket, message: object): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

const bytesOf = (data: RawData): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? Buffer.from(data) : data;
