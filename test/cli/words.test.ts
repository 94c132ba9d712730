import { expect } from 'chai';
import { CommandError } from '../../cli/errors';
import { commandTable } from '../../cli/table';
import { readWords, type Typed, usageLine } from '../../cli/words';

const table = commandTable('1.0');
const read = (line: string): Typed => readWords(line.split(' ').filter(Boolean), table);

function refusal(line: string): CommandError {
  try {
    read(line);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
  throw new Error(`"${line}" was accepted`);
}

describe('the words of a command line', () => {
  it('find a command of one word and of two', () => {
    expect(read('status').command.name).to.equal('status');
    expect(read('run list shop').command.name).to.equal('run list');
  });

  it('may have common options before the command', () => {
    const { command, input } = read('--json --url http://x run list shop');
    expect(command.name).to.equal('run list');
    expect(input.option('url')).to.equal('http://x');
    expect(input.optional('APP')).to.equal('shop');
  });

  it('may mix arguments and options, long and short', () => {
    const { input } = read('run logs shop -f 3 --json test/deliver');
    expect(input.argument('APP')).to.equal('shop');
    expect(input.number('RUN')).to.equal(3);
    expect(input.optional('STEP')).to.equal('test/deliver');
    expect([input.flag('follow'), input.flag('json')]).to.deep.equal([true, true]);
  });

  it('take a run as 3 and as #3', () => {
    expect(read('run cancel shop #3').input.number('RUN')).to.equal(3);
    expect(() => read('run cancel shop x').input.number('RUN')).to.throw('RUN is "x"');
  });

  it('take a share as a percentage only', () => {
    expect(read('gray set shop 5%').input.share('SHARE')).to.equal(500);
    expect(read('gray set shop 0.25%').input.share('SHARE')).to.equal(25);
    expect(() => read('gray set shop 5').input.share('SHARE')).to.throw('"5" is not a percentage');
  });

  it('take the number of a release as 4 and as #4', () => {
    expect(read('rollback shop --to #4').input.option('to')).to.equal('#4');
    expect(read('undo shop #7 --before test/deliver').input.option('before')).to.equal('test/deliver');
    expect(read('undo shop 7 production/promote --yes').input.optional('STEP')).to.equal('production/promote');
  });

  const refusals: [line: string, message: string, next: string][] = [
    ['rollbak shop', 'there is no command "rollbak"', 'did you mean "gantry rollback"?'],
    ['ap list', 'there is no command "ap"', 'did you mean "gantry app list"?'],
    ['app lst', 'there is no command "app lst"', 'did you mean "gantry app list"?'],
    [
      'app',
      '"app" wants a second word',
      'app has the commands app create, app connect, app source, app rotate-secret, app key, app protect, app unprotect, app list, app show',
    ],
    ['zzzzzz', 'there is no command "zzzzzz"', 'see them all: gantry help'],
    ['run list --limt 3', 'gantry run list has no option --limt', 'did you mean --limit?'],
    ['run list --limit', '--limit needs a value', 'write --limit N'],
    ['run list --json=yes', '--json is a switch and takes no value', ''],
    [
      'run cancel shop',
      'gantry run cancel needs RUN (number of the run)',
      'write gantry run cancel APP RUN [--reason TEXT]',
    ],
    ['status now', 'gantry status takes no "now"', 'write gantry status'],
    ['status --constructor', 'gantry status has no option --constructor', 'see what it takes: gantry help status'],
  ];
  for (const [line, message, next] of refusals) {
    it(`are refused with the next act: gantry ${line}`, () => {
      const { exit, message: said, next: act } = refusal(line);
      expect([exit, said, act]).to.deep.equal([2, message, next]);
    });
  }

  it('show how each command is used', () => {
    const logs = table.find((command) => command.name === 'run logs');
    expect(logs && usageLine(logs)).to.equal('gantry run logs APP [RUN] [STEP] [--follow]');
  });
});
