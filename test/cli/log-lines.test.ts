import { expect } from 'chai';
import { LogLines } from '../../cli/format/log-lines';
import { logText } from '../../cli/format/log-text';

describe('a log on its way to a terminal', () => {
  const linesOf = (pieces: readonly string[]): string[] => {
    const told: string[] = [];
    const lines = new LogLines((line) => told.push(line));
    for (const piece of pieces) lines.push(Buffer.from(piece));
    lines.end();
    return told;
  };

  it('comes in whole lines, whatever the pieces are', () => {
    expect(linesOf(['a', 'b\n\nc', 'd'])).to.deep.equal(['ab', '', 'cd']);
  });

  it('is not held back for a line end that never comes', () => {
    const told: string[] = [];
    const lines = new LogLines((line) => told.push(line));
    lines.push(Buffer.alloc(100_000, 'x'));
    expect(told.join('')).to.have.length(100_000);
  });

  it('does not keep the reader busy, whoever wrote it [S40]', () => {
    const began = performance.now();
    for (const line of linesOf(['\r'.repeat(200_000), '\n', '\u001b]'.repeat(100_000)])) logText(line, true);
    expect(performance.now() - began).to.be.below(3_000);
  });
});
