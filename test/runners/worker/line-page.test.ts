import { expect } from 'chai';
import { LinePage } from '../../../runners/worker/line-page';

const TIME = '09:41:02.317';

describe('a page of log lines', () => {
  it('holds texts and bytes as they came, each with its time', () => {
    const page = new LinePage();
    const odd = Buffer.from([0x67, 0xff, 0x00]);
    page.add(TIME, 'grün');
    page.add(TIME, odd);
    expect(page.bytes).to.deep.equal(Buffer.concat([Buffer.from(`${TIME} grün\n${TIME} `), odd, Buffer.from('\n')]));
  });

  it('grows until it is full, and loses nothing', () => {
    const page = new LinePage();
    const lines: string[] = [];
    for (let number = 0; !page.isFull; number++) {
      const line = `${number} ${'x'.repeat((number * 37) % 16_000)}`;
      lines.push(`${TIME} ${line}\n`);
      page.add(TIME, line);
    }
    expect(page.bytes.toString()).to.equal(lines.join(''));
  });

  it('cuts a line that is longer than anybody reads, and says so', () => {
    const page = new LinePage();
    page.add(TIME, 'x'.repeat(100_000));
    expect(page.bytes.toString()).to.equal(`${TIME} ${'x'.repeat(16 * 1024)}… (line cut)\n`);
  });

  it('is written on again from its beginning', () => {
    const page = new LinePage();
    page.add(TIME, 'one');
    page.clear();
    expect(page.isEmpty).to.equal(true);
    page.add(TIME, 'two');
    expect(page.bytes.toString()).to.equal(`${TIME} two\n`);
  });
});
