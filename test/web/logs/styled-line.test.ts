import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import Handlebars from 'handlebars';
import { styledLine } from '../../../web/logs/styled-line';

const ESC = '\u001b';
const VIEW = join(__dirname, '..', '..', '..', 'web', 'pages', 'views', 'log-line.hbs');
const template = Handlebars.compile(readFileSync(VIEW, 'utf8'), { strict: true });

const textOf = (raw: string) =>
  styledLine(raw, 1)
    .pieces.map((piece) => piece.text)
    .join('');
const looksOf = (raw: string) => styledLine(raw, 1).pieces.map((piece) => piece.look);

describe('a line of a log', () => {
  it('keeps its colours as names of looks', () => {
    expect(styledLine(`12:00:00.000 a ${ESC}[1;31mred${ESC}[0m b`, 3)).to.deep.equal({
      number: 3,
      time: '12:00:00.000',
      pieces: [
        { text: 'a ', look: '' },
        { text: 'red', look: 'fg-red bold' },
        { text: ' b', look: '' },
      ],
    });
  });

  it('shows colours of larger palettes as the nearest that the page has', () => {
    expect(looksOf(`${ESC}[38;5;196mred`)).to.deep.equal(['fg-red']);
    expect(looksOf(`${ESC}[38;5;244mgray`)).to.deep.equal(['fg-bright-black']);
    expect(looksOf(`${ESC}[48;2;0;0;180mblue`)).to.deep.equal(['bg-blue']);
    expect(looksOf(`${ESC}[7mturned`)).to.deep.equal(['fg-black bg-white']);
  });

  it('of a progress bar shows its last state, and keeps its time', () => {
    expect(styledLine('12:00:00.000 10 %\r20 %\r100 %\r', 1)).to.deep.include({ time: '12:00:00.000' });
    expect(textOf('12:00:00.000 10 %\r20 %\r100 %\r')).to.equal('100 %');
    expect(textOf('a windows line\r')).to.equal('a windows line');
  });

  it('loses cursor movements, titles, links and what turns the direction of text [S22]', () => {
    expect(textOf(`a${ESC}[2Jb${ESC}[10;10Hc${ESC}]0;title\u0007d${ESC}(Be\u009b2Jf\u0000g\u202eh`)).to.equal(
      'abcdefgh',
    );
    expect(textOf(`${ESC}]8;;https://evil.example${ESC}\\shown${ESC}]8;;${ESC}\\`)).to.equal('shown');
    expect(textOf(`${ESC}]0;never ended, but said`)).to.equal('0;never ended, but said');
  });

  it('takes no longer to show when somebody wrote it to keep readers busy [S40]', () => {
    const began = performance.now();
    for (const piece of ['\r', '\u009d', `${ESC}]`, `${ESC}[31mx`]) styledLine(`${piece.repeat(65_536)}x`, 1);
    expect(performance.now() - began).to.be.below(5_000);
  });

  it('becomes nothing but spans and its own link, whatever was written [S22]', () => {
    const pieces = fc.oneof(
      fc.constantFrom(
        `${ESC}[`,
        `${ESC}]8;;`,
        ESC,
        '\u009b',
        '<script>',
        '<a href=x>',
        '"',
        "'",
        '&lt;',
        '\r',
        'm',
        ';',
      ),
      fc.constantFrom(`${ESC}[31m`, `${ESC}[38;5;9m`, `${ESC}[48;2;1;2;3m`, '\u0007', '</span>', 'http://x.example'),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        const line = styledLine(parts.join(''), 7);
        for (const { text, look } of line.pieces) {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is checked
          expect(text).to.not.match(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
          expect(look).to.match(/^[a-z -]*$/);
        }
        const html = template({ line, address: '/apps/a/runs/1?step=b' });
        const tags = [...html.matchAll(/<\/?([^\s>]*)/g)].map(([, name]) => name);
        expect(tags.slice(0, 3)).to.deep.equal(['div', 'a', 'a']);
        expect(new Set(tags.slice(3, -1))).to.deep.equal(new Set(['span']));
      }),
      { numRuns: 500 },
    );
  });
});
