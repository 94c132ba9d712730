const BLOCK = 512;
const [NAME, SIZE, TYPE] = [0, 124, 156] as const;

/** The one file of a tar archive, as Docker's archive API hands it out. @throws Error when there is none. */
export function fileInTar(archive: Buffer): Buffer {
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK);
    if (header[NAME] === 0) break;
    const size = Number.parseInt(header.toString('latin1', SIZE, SIZE + 11).trim() || '0', 8);
    const type = String.fromCharCode(header[TYPE] ?? 0);
    if (type === '0' || type === '\0') return archive.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new Error('the archive holds no file');
}
