import { crc32 } from 'node:zlib';

/** A small archive with one text file, stored as it is: enough to pass for a WAR or EAR wherever only shape counts. */
export const oneFileArchive = (name: string, text: string): Buffer => smallArchive({ [name]: text });

/** An archive of text files by their names, stored as they are. */
export function smallArchive(files: Readonly<Record<string, string>>): Buffer {
  const contents: Buffer[] = [];
  const entries: Buffer[] = [];
  for (const [name, text] of Object.entries(files)) {
    const path = Buffer.from(name);
    const content = Buffer.from(text);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(path.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(lengthOf(contents), 10);
    contents.push(Buffer.from('PK\x03\x04', 'latin1'), common, path, content);
    entries.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, place, path);
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(lengthOf(entries), 12);
  end.writeUInt32LE(lengthOf(contents), 16);
  return Buffer.concat([...contents, ...entries, end]);
}

const lengthOf = (pieces: readonly Buffer[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0);
