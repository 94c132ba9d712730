import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { commandManual } from '../../cli/manual';
import { commandTable } from '../../cli/table';
import { Desk } from './support/command-line';
import { MANUAL_FILE } from './support/write-manual';

describe('the manual of the command line', () => {
  it('tells what the table of commands says (else write it anew: test/cli/support/write-manual.ts)', () => {
    expect(readFileSync(MANUAL_FILE, 'utf8')).to.equal(commandManual(commandTable('')));
  });
});

describe('help', () => {
  const desk = new Desk();
  after(() => desk.clear());

  it('is shown without any word, by help and by --help', async () => {
    const shown = await Promise.all([[], ['help'], ['--help'], ['-h']].map((words) => desk.run(words)));
    expect(new Set(shown.map(({ stdout }) => stdout)).size).to.equal(1);
    expect(shown[0]?.stdout).to.contain('rollback APP');
    expect(shown.map(({ exit }) => exit)).to.deep.equal([0, 0, 0, 0]);
  });

  it('names every command', async () => {
    const { stdout } = await desk.run(['help']);
    for (const command of commandTable('')) expect(stdout).to.contain(`  ${command.name}`);
  });

  it('tells one command in full, also where arguments are missing', async () => {
    const byHelp = await desk.run(['help', 'rollback']);
    const byOption = await desk.run(['rollback', '--help']);
    expect(byHelp.stdout).to.equal(byOption.stdout).and.to.contain('--no-wait');
  });

  it('tells all commands of a noun', async () => {
    const { stdout } = await desk.run(['help', 'gray']);
    expect(stdout).to.contain('gantry gray set APP SHARE').and.to.contain('gantry gray show APP');
  });

  it('is one document with --json', async () => {
    const { json } = await desk.run(['help', '--json']);
    expect((json() as { commands: { name: string }[] }).commands.map(({ name }) => name)).to.contain('up');
  });
});
