import { type FileHandle, open } from 'node:fs/promises';
import { StepFailure } from '../../engine/model/errors';

export type ArchiveKind = 'war' | 'ear';

/** Fixed parts of the format (APPNOTE 4.3): end of central directory, one entry of it. */
const END = { signature: 0x06054b50, size: 22, maxComment: 0xffff } as const;
const ENTRY = { signature: 0x02014b50, size: 46 } as const;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_SIZE = 30;
const ENCRYPTED = 1;
/** One more means the ZIP64 form, which no application needs. */
const MAX_ENTRIES = 0xfffe;
const MAX_DIRECTORY_BYTES = 32 * 1024 * 1024;

interface Directory {
  count: number;
  offset: number;
  size: number;
}

/**
 * Whether a file is a whole WAR or EAR, by its table of contents alone: nothing is unpacked.
 * @throws StepFailure (user) that says what is wrong: empty, truncated, hostile names, no `WEB-INF/`
 */
export async function checkArchive(path: string, kind: ArchiveKind): Promise<void> {
  const names = await archiveNames(path, kind);
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

async function archiveNames(path: string, kind: ArchiveKind): Promise<string[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size === 0) throw bad(kind, 'is empty (0 bytes)');
    const directory = await findDirectory(file, size, kind);
    return await readNames(file, directory, kind);
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

async function readNames(file: FileHandle, directory: Directory, kind: ArchiveKind): Promise<string[]> {
  const bytes = await read(file, directory.offset, directory.size, kind);
  const names: string[] = [];
  let at = 0;
  while (names.length < directory.count) {
    if (at + ENTRY.size > bytes.length || bytes.readUInt32LE(at) !== ENTRY.signature) {
      throw bad(kind, `is damaged: its table of contents breaks off after ${names.length} of ${directory.count} files`);
    }
    if (bytes.readUInt16LE(at + 8) & ENCRYPTED) throw bad(kind, 'is encrypted');
    const nameEnd = at + ENTRY.size + bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + ENTRY.size, nameEnd);
    const content = bytes.readUInt32LE(at + 42) + LOCAL_SIZE + bytes.readUInt32LE(at + 20);
    if (content > directory.offset) throw bad(kind, `is damaged: the content of ${JSON.stringify(name)} is not there`);
    names.push(name);
    at = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  const first = await read(file, bytes.readUInt32LE(42), 4, kind);
  if (first.readUInt32LE(0) !== LOCAL_SIGNATURE)
    throw bad(kind, 'is damaged: its first file does not begin where it says');
  return names;
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
