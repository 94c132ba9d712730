import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { escapeExpression } from 'handlebars';
import type { OutputLine } from '../../../engine/ports/bytes';
import { ENCODINGS } from '../../../engine/secrets/encodings';
import { Masker } from '../../../engine/secrets/masker';
import { PatternSet } from '../../../engine/secrets/pattern-set';

const SECRET = `p@ss/w+rd "quoted" & <tagged> it's $HOME \\ ümlaut`;

function maskerOf(...values: (string | Buffer)[]): Masker {
  const masker = new Masker();
  masker.add(values.map((value) => Buffer.from(value as string)));
  return masker;
}

const asText = (lines: readonly OutputLine[]): string => lines.map((line) => line.toString()).join('\n');

/** What is left of bytes that a program wrote, cut into lines at every line feed. */
function masked(masker: Masker, output: Buffer): Buffer {
  const lines: OutputLine[] = [];
  let at = 0;
  for (;;) {
    const end = output.indexOf(0x0a, at);
    lines.push(...masker.write(output.subarray(at, end < 0 ? output.length : end)));
    if (end < 0) break;
    at = end + 1;
  }
  lines.push(...masker.end());
  return Buffer.concat(
    lines.flatMap((line, index) => [index === 0 ? Buffer.alloc(0) : Buffer.from('\n'), Buffer.from(line)]),
  );
}

describe('lines that are held back', () => {
  it('are not gone over again for each blank line behind a begun value, and come in their order', () => {
    const masker = maskerOf('hunter2hunter2');
    const began = performance.now();
    const given: OutputLine[] = [];
    given.push(...masker.write('x hunter2'));
    for (let line = 0; line < 200_000; line++) given.push(...masker.write(Buffer.alloc(0)));
    // What is kept is a fixed number of lines, and not all that ever came.
    expect(given.length).to.be.greaterThan(190_000);
    given.push(...masker.write('y'), ...masker.end());
    expect([given.length, String(given[0]), String(given.at(-1))]).to.eql([200_002, 'x hunter2', 'y']);
    expect(performance.now() - began).to.be.lessThan(5_000);
  });

  it('are masked over blank lines in between', () => {
    const masker = maskerOf('hunter2hunter2');
    const lines = ['x hunter2', '', '\r', 'hunter2 y'].flatMap((line) => masker.write(line));
    expect([...lines, ...masker.end()].map(String)).to.eql(['x ***', '', '\r', '*** y']);
  });

  it('are at most a megabyte, however long a value has begun', () => {
    const masker = maskerOf(`${'\r'.repeat(4)}hunter2hunter2`);
    let given = masker.write('hunter2').length;
    for (let line = 0; line < 40; line++) given += masker.write('\r'.repeat(64 * 1024)).length;
    expect(given).to.be.greaterThan(20);
  });

  it('are scanned once where a value repeats itself', () => {
    const masker = maskerOf('a'.repeat(16_384));
    const began = performance.now();
    const lines = masker.write('a'.repeat(200_000));
    expect([...lines, ...masker.end()].map(String)).to.eql(['***']);
    expect(performance.now() - began).to.be.lessThan(5_000);
  });
});

describe('masking', () => {
  /** A program of this machine, with the value as its input: what it does owes nothing to our own code. */
  const through = (command: string, input: string | Buffer): Buffer => execFileSync('bash', ['-c', command], { input });

  const WRITERS: [name: string, write: (secret: string) => Buffer | string][] = [
    ['as it is', (secret) => secret],
    ['base64', (secret) => through('base64', secret)],
    ['base64 behind one byte', (secret) => through('base64 -w0', `:${secret}`)],
    ['base64 behind two bytes, before others', (secret) => through('base64 -w0', `u:${secret}@host`)],
    ['base64 in narrow lines', (secret) => through('base64 -w10', `user=${secret}`)],
    ['base64 for URLs, without padding', (secret) => Buffer.from(`u:${secret}`).toString('base64url')],
    ['base64 twice', (secret) => through('base64 -w0 | base64 -w0', secret)],
    ['base64 twice, wrapped, in a longer text', (secret) => through('base64 -w0 | base64', `{"token":"${secret}"}`)],
    ['base32', (secret) => through('base32', secret)],
    ['hex', (secret) => Buffer.from(secret).toString('hex')],
    ['HEX', (secret) => Buffer.from(secret).toString('hex').toUpperCase()],
    ['hex with blanks', (secret) => through('od -An -v -tx1', secret)],
    [
      'hex with colons',
      (secret) =>
        Buffer.from(secret)
          .toString('hex')
          .replace(/..(?=.)/g, '$&:'),
    ],
    [
      'hex in pairs',
      (secret) =>
        Buffer.from(`x${secret}`)
          .toString('hex')
          .replace(/....(?=.)/g, '$& '),
    ],
    ['\\x escapes', (secret) => Buffer.from(secret).toString('hex').replace(/../g, '\\x$&')],
    [
      'octal escapes',
      (secret) => Array.from(Buffer.from(secret), (b) => `\\${b.toString(8).padStart(3, '0')}`).join(''),
    ],
    ['URL', (secret) => encodeURIComponent(secret)],
    ['URL in small letters', (secret) => encodeURIComponent(secret).replace(/%../g, (found) => found.toLowerCase())],
    ['URL, every byte', (secret) => Buffer.from(secret).toString('hex').toUpperCase().replace(/../g, '%$&')],
    ['a form', (secret) => new URLSearchParams({ password: secret }).toString().replaceAll('%2A', '*')],
    ['JSON', (secret) => JSON.stringify({ secret })],
    ['JSON of JSON', (secret) => JSON.stringify(JSON.stringify({ secret }))],
    ['HTML', (secret) => `<p>${escapeExpression(secret).replaceAll('&#x3D;', '=')}</p>`],
    ['shell', (secret) => `'${secret.replaceAll("'", `'\\''`)}'`],
    ['shell, by printf', (secret) => through('LC_ALL=C.UTF-8; printf %q "$(cat)"', secret)],
    ['reversed', (secret) => through('LC_ALL=C.UTF-8 rev', `${secret}`)],
    ['UTF-16LE', (secret) => Buffer.from(secret, 'utf16le')],
    ['UTF-16BE', (secret) => Buffer.from(secret, 'utf16le').swap16()],
  ];

  /** Of what was written, the longest part that is still there. */
  const longestLeft = (written: Buffer, left: Buffer): number => {
    const flat = Buffer.from(written.filter((byte) => byte !== 0x0a && byte !== 0x0d)).toString('latin1');
    const rest = Buffer.from(left.filter((byte) => byte !== 0x0a && byte !== 0x0d)).toString('latin1');
    let longest = 0;
    for (let from = 0; from < flat.length; from++) {
      while (from + longest < flat.length && rest.includes(flat.slice(from, from + longest + 1))) longest++;
    }
    return longest;
  };

  for (const [name, write] of WRITERS) {
    it(`finds what was written as ${name} [S20]`, () => {
      const written = Buffer.from(write(SECRET));
      const left = masked(maskerOf(SECRET), Buffer.concat([Buffer.from('before: '), written, Buffer.from(' after')]));
      expect(left.toString('latin1')).to.contain('***').and.to.contain('before: ').and.to.contain(' after');
      // What other bytes have a part in (edges of base64) says less than one sign of the value.
      expect(longestLeft(written, left), left.toString()).to.be.lessThan(24);
      expect(left.includes(SECRET)).to.equal(false);
    });
  }

  it('knows at least 20 encodings', () => {
    expect(new Set(ENCODINGS.map(({ name }) => name)).size).to.be.at.least(20);
  });

  it('finds any value in any encoding, wherever lines are cut [S20]', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', minLength: 12, maxLength: 90 }).map((text) => Buffer.from(text)),
      fc.uint8Array({ minLength: 12, maxLength: 90 }).map((bytes) => Buffer.from(bytes)),
    );
    const surroundings = fc.record({ before: fc.uint8Array({ maxLength: 5 }), after: fc.uint8Array({ maxLength: 5 }) });
    fc.assert(
      fc.property(
        value,
        fc.nat(),
        surroundings,
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (secret, pick, around, cuts) => {
          const plain = Buffer.from(secret.filter((byte) => byte !== 0x0a && byte !== 0x0d));
          fc.pre(plain.length >= 8);
          const encoding = ENCODINGS[pick % ENCODINGS.length];
          const texts = (encoding?.of(secret) ?? [])
            .map((text) => Buffer.from(text as string))
            .filter(({ length }) => length >= 8);
          fc.pre(texts.length > 0);
          const text = texts[pick % texts.length] as Buffer;
          const flat = Buffer.from(text.filter((byte) => byte !== 0x0a && byte !== 0x0d));
          fc.pre(flat.length >= 8);
          const output: Buffer[] = [Buffer.from(around.before)];
          for (let at = 0; at < flat.length; ) {
            const size = cuts.next().value;
            output.push(flat.subarray(at, at + size), Buffer.from('\n'));
            at += size;
          }
          const left = masked(maskerOf(secret), Buffer.concat([...output, Buffer.from(around.after)]));
          const joined = Buffer.from(left.filter((byte) => byte !== 0x0a && byte !== 0x0d));
          expect(joined.includes(flat)).to.equal(false);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('leaves everything else as it is, in its order', () => {
    const line = fc.string({ unit: 'binary', maxLength: 60 }).map((text) => text.replaceAll('\n', ' '));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        fc.pre(!lines.join('').replace(/\r/g, '').includes('hunter2hunter2'));
        const masker = maskerOf('hunter2hunter2');
        const given = [...lines.flatMap((one) => masker.write(one)), ...masker.end()];
        expect(given).to.deep.equal(lines);
      }),
    );
  });

  it('holds a line back only while its end may be the beginning of a value', () => {
    const masker = maskerOf('hunter2hunter2');
    expect(masker.write('nothing to see')).to.deep.equal(['nothing to see']);
    expect(masker.write('it is: hunter2hu')).to.deep.equal([]);
    expect(asText(masker.write('nter2, is it?'))).to.equal('it is: ***\n***, is it?');
    expect(masker.write('no: hunter2hu')).to.deep.equal([]);
    expect(asText(masker.write('mans'))).to.equal('no: hunter2hu\nmans');
    expect(masker.write('the hunt')).to.deep.equal([]);
    expect(masker.rest()).to.deep.equal(['the hunt']);
    expect(masker.write('no: hunter2hu')).to.deep.equal([]);
    expect(masker.rest()).to.deep.equal([]);
    expect(masker.end()).to.deep.equal(['no: hunter2hu']);
  });

  it('masks a key of many lines, however few of them are printed', () => {
    const lines = Array.from({ length: 20 }, () => randomBytes(48).toString('base64'));
    const key = `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
    expect(masked(maskerOf(key), Buffer.from(key)).toString()).to.match(/^(\*\*\*\n)+$/);
    expect(masked(maskerOf(key), Buffer.from(`grep: ${lines[7]}`)).toString()).to.equal('grep: ***');
    expect(masked(maskerOf(key), Buffer.from(JSON.stringify({ key }))).toString()).to.equal('{"key":"***"}');
  });

  it('masks the longer of two values of which one begins like the other', () => {
    const masker = maskerOf('hunter2hunter2', 'hunter2hunter2-production', 'production-hunter');
    expect(masker.text('a hunter2hunter2-production-hunter b')).to.equal('a *** b');
    expect(masker.text('a hunter2hunter2-prod b')).to.equal('a ***-prod b');
  });

  it('of values that come later begins when they come', () => {
    const masker = new Masker();
    expect(masker.write('swordfish-42')).to.deep.equal(['swordfish-42']);
    masker.add([Buffer.from('swordfish-42')]);
    expect(asText([...masker.write('swordfish-42'), ...masker.rest()])).to.equal('***');
    expect(masker.add([Buffer.from('swordfish-42')])).to.deep.equal([]);
  });

  it('finds every pattern that a plain search finds', () => {
    const bytes = (max: number) => fc.array(fc.constantFrom(97, 98, 99), { minLength: 1, maxLength: max });
    fc.assert(
      fc.property(fc.array(bytes(5), { minLength: 1, maxLength: 8 }), bytes(60), (patterns, text) => {
        const set = new PatternSet(patterns.map((pattern) => Buffer.from(pattern)));
        let state = 0;
        for (let end = 1; end <= text.length; end++) {
          state = set.next(state, text[end - 1] as number);
          const seen = text.slice(0, end).join();
          const ends = patterns.filter((pattern) => seen.endsWith(pattern.join()) && end >= pattern.length);
          expect(set.ended(state)).to.equal(Math.max(0, ...ends.map(({ length }) => length)));
        }
      }),
    );
  });

  it('keeps up with a flood: 10,000 lines in a second, with twenty values [S20]', function () {
    this.timeout(20_000);
    const masker = maskerOf(...Array.from({ length: 20 }, () => randomBytes(24).toString('base64url')));
    const line = Buffer.from(
      '2026-11-23 09:41:02.317 INFO  [main] org.example.Application: request 4711 answered in 12 ms, 200 OK, '.repeat(
        2,
      ),
    );
    for (let i = 0; i < 2_000; i++) masker.write(line);
    const began = process.hrtime.bigint();
    for (let i = 0; i < 10_000; i++) masker.write(line);
    const ms = Number(process.hrtime.bigint() - began) / 1e6;
    expect(ms).to.be.lessThan(1_000);
  });

  it('takes no more than one step may be given, however they come', () => {
    const masker = new Masker();
    masker.add([Buffer.alloc(40_000, 'a')]);
    expect(() => masker.add([Buffer.alloc(25_537, 'b')])).to.throw(
      'the secrets of this step have 65537 bytes together',
    );
    expect(masker.text('b'.repeat(25_537))).to.equal('b'.repeat(25_537));
    masker.add([Buffer.alloc(40_000, 'a'), Buffer.alloc(25_536, 'b')]);
    expect(masker.text('b'.repeat(25_536))).to.equal('***');
  });

  it('takes the largest value that a secret may have', function () {
    this.timeout(20_000);
    const value = randomBytes(65_536);
    const began = Date.now();
    const masker = maskerOf(value);
    expect(Date.now() - began).to.be.lessThan(5_000);
    const part = value.subarray(20_000, 20_200).toString('base64').slice(4, -4);
    expect(masker.text(`x ${part} y`).length).to.be.lessThan(100);
  });
});
