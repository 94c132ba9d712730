import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { wantedAt } from '../../cli/completion/complete';
import { completionScript, SHELLS, type Shell } from '../../cli/completion/scripts';
import { commandTable } from '../../cli/table';
import { skipBecause } from '../support/skips';
import { Desk } from './support/command-line';
import { aRun, aStep, FakeGantry } from './support/fake-gantry';

const run = promisify(execFile);
/** Compiled, as a key in somebody's shell starts it. */
const MAIN = join(__dirname, '..', '..', 'dist', 'cli', 'main.js');

/** How each shell is asked what it would offer at the end of a line; prints one candidate a line. */
const DRIVERS: Record<Shell, (script: string, words: readonly string[]) => string> = {
  bash: (script, words) => `source ${script}
    COMP_WORDS=(${words.map(quoted).join(' ')}) COMP_CWORD=${words.length - 1}
    compopt() { :; }
    _gantry; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // Its completion system needs a terminal, so the two functions that it would give the candidates to say them instead.
  zsh: (script, words) => `compdef() { :; }
    _describe() { local entry; for entry in "\${(@P)2}"; do print -r -- "\${\${entry//\\\\:/<colon>}%%:*}"; done; }
    _files() { print -l \${words[CURRENT]}*(N); }
    source ${script}
    words=(${words.map(quoted).join(' ')}); CURRENT=${words.length}; _gantry`,
  fish: (script, words) =>
    `source ${script}; complete -C ${quoted(words.join(' '))} | string replace -r '\\t.*' ''; true`,
};

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

for (const shell of SHELLS) {
  describe(`completion in ${shell}`, () => {
    if (spawnSync(shell, ['-c', 'true']).error !== undefined) {
      it('works', function () {
        skipBecause(this, `${shell} is not installed: ./gantry test brings it where it may`);
      });
      return;
    }
    let desk: Desk;
    let gantry: FakeGantry;
    beforeEach(async () => {
      desk = new Desk();
      gantry = new FakeGantry();
      await gantry.start();
      mkdirSync(join(desk.folder, 'bin'));
      writeFileSync(join(desk.folder, 'script'), completionScript(shell));
      const program = `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`;
      writeFileSync(join(desk.folder, 'bin', 'gantry'), program);
      chmodSync(join(desk.folder, 'bin', 'gantry'), 0o755);
      writeFileSync(join(desk.folder, 'gantry.yml'), '');
    });
    afterEach(async () => {
      await gantry.stop();
      desk.clear();
    });

    const offered = async (...words: string[]): Promise<string[]> => {
      const text = DRIVERS[shell](join(desk.folder, 'script'), ['gantry', ...words]);
      const env = {
        ...process.env,
        ...gantry.environment,
        HOME: desk.folder,
        GANTRY_HOME: desk.home,
        PATH: `${join(desk.folder, 'bin')}${delimiter}${process.env.PATH}`,
      };
      const { stdout, stderr } = await run(shell, ['-c', text], { cwd: desk.folder, env });
      expect(stderr).to.equal('');
      return stdout.split('\n').filter(Boolean);
    };

    it('offers commands, their second words, and options', async () => {
      expect(await offered('roll')).to.deep.equal(['rollback']);
      expect(await offered('run', 'l')).to.have.members(['list', 'logs']);
      expect(await offered('run', 'list', '--st')).to.deep.equal(['--state']);
    }).timeout(20_000);

    it('offers apps, runs and steps of the Gantry that answers', async () => {
      gantry
        .on('GET /apps', () => ({ items: [{ name: 'shop' }, { name: 'ledger' }] }))
        .on('GET /apps/shop/runs?limit=20', () => ({ items: [aRun({ number: 12, title: 'a: b' }), aRun()] }))
        .on('GET /apps/shop/runs/3', () => aRun({ steps: [aStep('plan'), aStep('test/deliver')] }));
      expect(await offered('run', 'show', '')).to.have.members(['shop', 'ledger']);
      expect(await offered('run', 'show', 'shop', '')).to.have.members(['12', '3']);
      expect(await offered('undo', 'shop', '3', 't')).to.deep.equal(['test/deliver']);
    }).timeout(20_000);

    it('offers files where a file is wanted', async () => {
      expect(await offered('lint', 'gan')).to.deep.equal(['gantry.yml']);
    }).timeout(20_000);

    it('is quiet when Gantry does not answer, or has another token', async () => {
      expect(await offered('run', 'show', '')).to.deep.equal([]);
      await gantry.stop();
      expect(await offered('run', 'show', '')).to.deep.equal([]);
      await gantry.start();
    }).timeout(20_000);
  });
}

describe('what may stand at the end of a line', () => {
  const commands = commandTable('1.0');
  const at = (line: string) => wantedAt(line.split(' '), commands);
  const cases: [line: string, name: string, given: Record<string, string>][] = [
    ['run show ', 'APP', {}],
    ['--json run show ', 'APP', {}],
    ['run show --url http://x ', 'APP', {}],
    ['run list --state failed ', 'APP', {}],
    ['run logs shop 3 ', 'STEP', { APP: 'shop', RUN: '3' }],
    ['run logs -f shop ', 'RUN', { APP: 'shop' }],
    ['approve shop --step ', 'STEP', { APP: 'shop' }],
    ['rollback shop --to ', 'RELEASE', { APP: 'shop' }],
    ['run list --state ', 'STATE', {}],
    ['logs shop --env ', 'PLACE', { APP: 'shop' }],
    ['shell shop --env gray --instance ', 'INSTANCE', { APP: 'shop' }],
    ['instance remove shop ', 'INSTANCE', { APP: 'shop' }],
    ['completion ', 'SHELL', {}],
  ];
  for (const [line, name, given] of cases) {
    it(`is a ${name} after "${line}"`, () => {
      expect(at(line)).to.deep.equal({ kind: 'value', name, given });
    });
  }

  const valuesAt = (line: string): string[] => {
    const wanted = at(line);
    return wanted.kind === 'words' ? wanted.words.map(({ value }) => value) : [];
  };

  it('is every first word of a command once, and those of the launcher', () => {
    const first = valuesAt('');
    expect(new Set(first).size).to.equal(first.length);
    expect(first).to.include.members(['up', 'run', 'bench', 'completion']);
  });

  it('is one of our commands after help, and one of the app after a shell in it', async () => {
    const desk = new Desk();
    const offered = async (...words: string[]) => (await desk.run(['__complete', ...words])).stdout;
    expect(await offered('help', 'roll')).to.equal('rollback\t\n');
    expect(await offered('shell', 'shop', 'roll')).to.equal('');
    desk.clear();
  });

  it('is a place of the app, or an instance, with nothing in what is told of it that a terminal obeys', async () => {
    const gantry = new FakeGantry();
    await gantry.start();
    gantry
      .on('GET /apps/shop', () => ({ environments: [{ name: 'test' }, { name: 'production' }] }))
      .on('GET /apps/shop/instances', () => ({
        items: [{ name: 'shop-1', place: 'test', number: 1, state: 'serving\u001b]0;title\u0007' }],
      }));
    const desk = new Desk();
    const offered = async (...words: string[]) =>
      (await desk.run(['__complete', ...words], { environment: gantry.environment })).stdout;
    expect(await offered('logs', 'shop', '--env', '')).to.equal('test\t\nproduction\t\ngray\t\n');
    expect(await offered('logs', 'shop', '--instance', 's')).to.equal('shop-1\t1 in test, serving\n');
    await gantry.stop();
    desk.clear();
  });

  it('is no option twice, and nothing after the last argument', () => {
    expect(valuesAt('run list --mine --')).to.include('--state').and.not.include('--mine');
    expect(valuesAt('run show shop 3 ')).to.deep.equal([]);
    expect(valuesAt('nothing of ours ')).to.deep.equal([]);
  });
});

describe('gantry completion', () => {
  it('names the shells that it knows', async () => {
    const desk = new Desk();
    const { exit, stderr } = await desk.run(['completion', 'tcsh']);
    expect((await desk.run(['completion', 'bash'])).stdout).to.include('complete -F _gantry gantry');
    desk.clear();
    expect([exit, stderr]).to.deep.equal([2, 'gantry: "tcsh" is no shell that is known; there are bash, zsh, fish\n']);
  });

  it('answers a slow Gantry with nothing instead of making people wait', async () => {
    const [desk, gantry] = [new Desk(), new FakeGantry()];
    await gantry.start();
    gantry.on('GET /apps', () => undefined);
    const began = performance.now();
    const { exit, stdout, stderr } = await desk.run(['__complete', 'app', 'show', ''], {
      environment: gantry.environment,
    });
    const took = performance.now() - began;
    await gantry.stop();
    desk.clear();
    expect([exit, stdout, stderr]).to.deep.equal([0, '', '']);
    expect(took, 'far from the 30 s that a command would wait').to.be.lessThan(1_500);
  });
});
