import type { OutputLine } from '../../engine/ports/bytes';
import { Masker } from '../../engine/secrets/masker';

const LINE_FEED = 0x0a;
/** A line that goes on for longer is masked in parts. */
const LINE_MAX = 65_536;

/**
 * What an instance writes, without the values that it was given: it goes through Redis and to a screen. Lines are whole
 * when they are shown; without values everything is handed on as it comes.
 */
export async function* maskedOutput(output: AsyncIterable<Buffer>, secrets: readonly Buffer[]): AsyncGenerator<Buffer> {
  if (secrets.length === 0) {
    yield* output;
    return;
  }
  const masker = new Masker();
  masker.add(secrets);
  let begun: Buffer = Buffer.alloc(0);
  for await (const piece of output) {
    const bytes = Buffer.concat([begun, piece]);
    const end = bytes.lastIndexOf(LINE_FEED) + 1 || (bytes.length > LINE_MAX ? bytes.length : 0);
    begun = bytes.subarray(end);
    const shown = joined([...linesOf(bytes.subarray(0, end)).flatMap((line) => masker.write(line)), ...masker.rest()]);
    if (shown.length > 0) yield shown;
  }
  const last = joined([...(begun.length > 0 ? masker.write(begun) : []), ...masker.end()]);
  if (last.length > 0) yield last;
}

/** Each with its end, which masking looks past. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(LINE_FEED, at);
    const next = end < 0 ? bytes.length : end + 1;
    lines.push(bytes.subarray(at, next));
    at = next;
  }
  return lines;
}

const joined = (lines: readonly OutputLine[]): Buffer => Buffer.concat(lines.map((line) => Buffer.from(line)));
