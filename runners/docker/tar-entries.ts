import { extract, type Header } from 'tar-stream';

/** Reads a tar stream entry by entry; what `visit` leaves of an entry is read past. */
export async function eachEntry(
  archive: NodeJS.ReadableStream,
  visit: (header: Header, content: NodeJS.ReadableStream) => Promise<void>,
): Promise<void> {
  const entries = extract();
  archive.on('error', (error) => entries.destroy(error as Error));
  archive.pipe(entries);
  for await (const entry of entries) {
    await visit(entry.header, entry as unknown as NodeJS.ReadableStream);
    entry.resume();
  }
}
