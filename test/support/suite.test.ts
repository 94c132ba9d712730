import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const root = join(__dirname, '..', '..');

/** Runs one probe as a suite of its own, without Docker. */
function suite(probe: string, more: NodeJS.ProcessEnv = {}): Promise<{ status: number; lines: string[] }> {
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const { GANTRY_TEST_COUNTED: _, GANTRY_TEST_SECONDS: __, ...environment } = process.env;
  const env = { ...environment, GANTRY_TEST_DOCKER: '0', TS_NODE_TRANSPILE_ONLY: 'true', ...more };
  const file = join('test', 'support', 'probes', probe);
  return new Promise((resolve) => {
    execFile(process.execPath, [mocha, file], { cwd: root, env }, (error, stdout) => {
      resolve({ status: Number(error?.code ?? 0), lines: stdout.trimEnd().split('\n') });
    });
  });
}

describe('the suite', function () {
  this.timeout(30_000);

  it('ends with the counts, after the reason of each skip', async () => {
    const { status, lines } = await suite('skips.ts');
    expect(lines.at(-1)).to.equal('1 passed, 0 failed, 3 skipped');
    expect(lines.filter((line) => line.endsWith('needs Docker, and --without-docker was given'))).to.have.length(3);
    expect(status).to.equal(0);
  });

  it('writes down how long each of its files took, when it is told where', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-test-'));
    const file = join(folder, 'seconds');
    await suite('skips.ts', { GANTRY_TEST_SECONDS: file });
    const written = readFileSync(file, 'utf8');
    rmSync(folder, { recursive: true });
    expect(written).to.match(/^\d+ test\/support\/probes\/skips\.ts\n$/);
  });

  it('fails when a test leaves a process behind, and ends that process', async () => {
    const { status, lines } = await suite('leaves-child.ts');
    expect(lines.join('\n')).to.match(/process \d+: sleep 60 \(ended now\)/);
    expect(lines.at(-1)).to.equal('1 passed, 1 failed, 0 skipped');
    expect(status).to.equal(1);
  });

  it('fails when nobody handles a rejection, and names the test', async () => {
    const { status, lines } = await suite('forgets-promise.ts');
    expect(lines.join('\n')).to.include(
      "unhandled rejection (in or after 'a probe forgets a promise'): Error: forgotten",
    );
    expect(lines.at(-1)).to.equal('1 passed, 1 failed, 0 skipped');
    expect(status).to.equal(1);
  });

  it('fails when something keeps the process from ending, and names it', async () => {
    const { status, lines } = await suite('stays-open.ts');
    expect(lines.join('\n')).to.match(/does not end by itself: .*Timeout/);
    expect(lines.at(-1)).to.equal('1 passed, 1 failed, 0 skipped');
    expect(status).to.equal(1);
  });

  it('fails when no test ran', async () => {
    const { status, lines } = await suite('all-skipped.ts');
    expect(lines.at(-1)).to.equal('0 passed, 0 failed, 1 skipped');
    expect(status).to.equal(1);
  });
});
