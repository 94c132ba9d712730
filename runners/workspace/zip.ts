import { type FileHandle, open } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';
import { messageOf, StepFailure } from '../../engine/model/errors';

export type ArchiveKind = 'war' | 'ear';

/** One file of an archive, as its table of contents says. */
export interface ArchiveEntry {
  name: string;
  /** Bytes in the archive, and once unpacked. */
  packed: number;
  unpacked: number;
  /** 0: stored as it is; 8: deflated. */
  method: number;
  /** Where its own header begins. */
  offset: number;
}

/** Fixed parts of the format (APPNOTE 4.3): end of central directory, one entry of it. */
const END = { signature: 0x06054b50, size: 22, maxComment: 0xffff } as const;
const ENTRY = { signature: 0x02014b50, size: 46 } as const;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_SIZE = 30;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;
/** Of the file's mode, where it was packed on Unix. */
const UNIX = 3;
const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;
/** One more means the ZIP64 form, which no application needs. */
const MAX_ENTRIES = 0xfffe;
const MAX_DIRECTORY_BYTES = 32 * 1024 * 1024;
/** What a server writes to its disk when it unpacks the archive. */
const MAX_UNPACKED_BYTES = 2 * 1024 ** 3;
/** Code packs to a third, text to a twentieth; only what is made to fill disks packs better than this. */
const MAX_GROWTH = 200;
/** Below this nobody is hurt, however well it packs. */
const HARMLESS_BYTES = 64 * 1024 * 1024;

interface Directory {
  count: number;
  offset: number;
  size: number;
}

/**
 * Whether a file is a whole WAR or EAR, by its table of contents alone: nothing is unpacked.
 * @throws StepFailure (user) that says what is wrong: empty, truncated, hostile names, a bomb, no `WEB-INF/`
 */
export async function checkArchive(path: string, kind: ArchiveKind): Promise<void> {
  const entries = await archiveEntries(path, kind);
  refuseBomb(entries, kind);
  const names = entries.map(({ name }) => name);
  for (const name of names) refuseHostileName(name, kind);
  if (new Set(names).size < names.length) {
    throw bad(kind, 'holds two files of one name, and readers differ in which they take');
  }
  if (kind === 'war' && !names.some((name) => name.startsWith('WEB-INF/'))) {
    throw bad(kind, 'has no WEB-INF/ folder, so it is no web application');
  }
  const isModule = (name: string): boolean => /^[^/]+\.(?:war|jar|rar)$/.test(name);
  if (kind === 'ear' && !names.includes('META-INF/application.xml') && !names.some(isModule)) {
    throw bad(kind, 'has neither META-INF/application.xml nor a module (.war, .jar, .rar), so it is no application');
  }
}

/** Its table of contents. @throws StepFailure (user) when it has none that can be believed */
export async function archiveEntries(path: string, kind: ArchiveKind): Promise<ArchiveEntry[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size === 0) throw bad(kind, 'is empty (0 bytes)');
    const directory = await findDirectory(file, size, kind);
    return await readEntries(file, directory, kind);
  } finally {
    await file.close();
  }
}

/** The end record stands at the very end, before a comment of at most 64 KiB. A truncated file has lost it. */
async function findDirectory(file: FileHandle, size: number, kind: ArchiveKind): Promise<Directory> {
  const length = Math.min(size, END.size + END.maxComment);
  const tail = await read(file, size - length, length, kind);
  for (let at = length - END.size; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END.signature) continue;
    if (at + END.size + tail.readUInt16LE(at + 20) !== length) continue;
    return checkDirectory(
      { count: tail.readUInt16LE(at + 10), size: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) },
      size - length + at,
      kind,
    );
  }
  throw bad(kind, `is truncated or no archive at all: its ${size} bytes do not end with a table of contents`);
}

function checkDirectory(directory: Directory, end: number, kind: ArchiveKind): Directory {
  const { count, size, offset } = directory;
  if (count > MAX_ENTRIES) throw bad(kind, `holds more than ${MAX_ENTRIES} files`);
  if (size > MAX_DIRECTORY_BYTES) throw bad(kind, `has a table of contents larger than ${MAX_DIRECTORY_BYTES} bytes`);
  if (count === 0) throw bad(kind, 'holds no files');
  if (offset + size !== end) throw bad(kind, 'is damaged: its table of contents is not where it says');
  return directory;
}

async function readEntries(file: FileHandle, directory: Directory, kind: ArchiveKind): Promise<ArchiveEntry[]> {
  const bytes = await read(file, directory.offset, directory.size, kind);
  const entries: ArchiveEntry[] = [];
  let at = 0;
  while (entries.length < directory.count) {
    if (at + ENTRY.size > bytes.length || bytes.readUInt32LE(at) !== ENTRY.signature) {
      throw bad(
        kind,
        `is damaged: its table of contents breaks off after ${entries.length} of ${directory.count} files`,
      );
    }
    const nameEnd = at + ENTRY.size + bytes.readUInt16LE(at + 28);
    const entry = readEntry(bytes, at, bytes.toString('utf8', at + ENTRY.size, nameEnd), kind);
    if (entry.offset + LOCAL_SIZE + entry.packed > directory.offset)
      throw bad(kind, `is damaged: the content of ${JSON.stringify(entry.name)} is not there`);
    entries.push(entry);
    at = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  const first = await read(file, bytes.readUInt32LE(42), 4, kind);
  if (first.readUInt32LE(0) !== LOCAL_SIGNATURE)
    throw bad(kind, 'is damaged: its first file does not begin where it says');
  return entries;
}

function readEntry(bytes: Buffer, at: number, name: string, kind: ArchiveKind): ArchiveEntry {
  if (bytes.readUInt16LE(at + 8) & ENCRYPTED) throw bad(kind, 'is encrypted');
  const mode = bytes.readUInt32LE(at + 38) >>> 16;
  if (bytes[at + 5] === UNIX && (mode & FILE_TYPE) === SYMBOLIC_LINK)
    throw bad(kind, `holds a symbolic link, ${JSON.stringify(name)}, which could lead anywhere`);
  return {
    name,
    packed: bytes.readUInt32LE(at + 20),
    unpacked: bytes.readUInt32LE(at + 24),
    method: bytes.readUInt16LE(at + 10),
    offset: bytes.readUInt32LE(at + 42),
  };
}

/**
 * What unpacks to far more than it is. Two files that share their bytes make such an archive too (D. Fifield, "A better
 * zip bomb", 2019), so nothing may overlap.
 */
function refuseBomb(entries: readonly ArchiveEntry[], kind: ArchiveKind): void {
  const unpacked = entries.reduce((sum, entry) => sum + entry.unpacked, 0);
  const packed = entries.reduce((sum, entry) => sum + entry.packed, 0);
  const inMiB = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;
  if (unpacked > MAX_UNPACKED_BYTES)
    throw bad(kind, `would unpack to ${inMiB(unpacked)}; the limit is ${inMiB(MAX_UNPACKED_BYTES)}`);
  if (unpacked > HARMLESS_BYTES && unpacked > packed * MAX_GROWTH)
    throw bad(kind, `would unpack to ${inMiB(unpacked)} from ${inMiB(packed)}, as a bomb does`);
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (entry.offset < end)
      throw bad(kind, `holds files that share their bytes, ${JSON.stringify(entry.name)} for one`);
    end = entry.offset + LOCAL_SIZE + entry.packed;
  }
}

/**
 * The bytes of one file of an archive that was checked.
 * @returns undefined when it is packed in a way that Java does not read either, or is larger than the limit
 */
export async function entryBytes(
  file: FileHandle,
  entry: ArchiveEntry,
  { kind, limitBytes }: { kind: ArchiveKind; limitBytes: number },
): Promise<Buffer | undefined> {
  if (entry.unpacked > limitBytes || entry.packed > limitBytes) return undefined;
  const head = await read(file, entry.offset, LOCAL_SIZE, kind);
  const begin = entry.offset + LOCAL_SIZE + head.readUInt16LE(26) + head.readUInt16LE(28);
  const packed = await read(file, begin, entry.packed, kind);
  if (entry.method === STORED) return packed;
  if (entry.method !== DEFLATED) return undefined;
  try {
    return inflateRawSync(packed, { maxOutputLength: limitBytes });
  } catch (cause) {
    throw bad(kind, `is damaged: ${JSON.stringify(entry.name)} cannot be unpacked (${messageOf(cause)})`);
  }
}

function refuseHostileName(name: string, kind: ArchiveKind): void {
  const isPlain =
    name !== '' &&
    !name.startsWith('/') &&
    !name.includes('\\') &&
    !name.includes('\0') &&
    !/^[A-Za-z]:/.test(name) &&
    !name.split('/').includes('..');
  if (!isPlain)
    throw bad(kind, `holds a file named ${JSON.stringify(name)}, which would be written outside its folder`);
}

async function read(file: FileHandle, position: number, length: number, kind: ArchiveKind): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  if (bytesRead < length) throw bad(kind, 'is truncated');
  return bytes;
}

const bad = (kind: ArchiveKind, what: string): StepFailure =>
  new StepFailure('user', `the ${kind.toUpperCase()} ${what}`, 'look at what the build made, mend it, and push again');
