import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { requireDocker } from '../support/hooks';

/** The check's own limits are 12 minutes for the story and 2 for removing it. */
const LIMIT_MS = 15 * 60_000;

describe('the demo', () => {
  it('carries two apps to production and back, and proves each claim from outside', async function () {
    requireDocker(this);
    this.timeout(LIMIT_MS);
    const lines: string[] = [];
    const main = join(__dirname, '..', '..', 'dist', 'cli', 'main.js');
    const child = spawn(process.execPath, [main, 'demo', '--check'], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => lines.push(bytes.toString()));
    const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
    const output = lines.join('').trimEnd();
    const failed = output.split('\n').filter((line) => line.startsWith('FAILED'));
    expect(failed, output.slice(-4_000)).to.deep.equal([]);
    const last = /^demo: (\d+) passed, 0 failed$/.exec(output.split('\n').at(-1) ?? '');
    expect(Number(last?.[1]), output.slice(-4_000)).to.be.at.least(30);
    expect(status).to.equal(0);
  });
});
