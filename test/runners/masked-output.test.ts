import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import fc from 'fast-check';
import { maskedOutput } from '../../runners/sessions/masked-output';

describe('the output of an instance that was given secrets', () => {
  const SECRET = 'swordfish-4711';
  async function* inPieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
    let at = 0;
    for (const size of [...sizes, bytes.length]) {
      if (at >= bytes.length) return;
      yield bytes.subarray(at, at + size);
      at += size;
    }
  }
  const shown = async (text: string, sizes: readonly number[], secrets = [SECRET]): Promise<string> =>
    (
      await buffer(
        maskedOutput(
          inPieces(Buffer.from(text), sizes),
          secrets.map((one) => Buffer.from(one)),
        ),
      )
    ).toString();

  it('is shown without them, whatever pieces it comes in [S20]', async () => {
    const text = `begin\nuses ${SECRET} and ${Buffer.from(SECRET).toString('base64')}\r\n\nend ${SECRET}`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 20 }), async (sizes) => {
        expect(await shown(text, sizes)).to.match(/^begin\nuses \*\*\* and \*\*\*=*\r\n\nend \*\*\*$/);
      }),
    );
  });

  it('is otherwise the same, byte by byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.array(fc.integer({ min: 1, max: 9 })), async (text, sizes) => {
        const lines = text.replaceAll('x', '\n');
        expect(await shown(lines, sizes)).to.equal(lines);
        expect(await shown(lines, sizes, [])).to.equal(lines);
      }),
    );
  });
});
