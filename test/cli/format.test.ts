import { expect } from 'chai';
import { fileSystemOf } from '../../cli/doctor/folder';
import { facts, table } from '../../cli/format/table';
import { duration, exactDuration, moment } from '../../cli/format/time';
import { importantLine, tokenIn } from '../../cli/house/lines';
import { redisConfiguration } from '../../cli/processes/redis';

describe('text for people', () => {
  it('stands in columns, colours not counted', () => {
    expect(
      table(
        ['A', 'B'],
        [
          ['\u001b[31mlong\u001b[0m', 'x'],
          ['s', 'y'],
        ],
      ),
    ).to.equal('A     B\n\u001b[31mlong\u001b[0m  x\ns     y');
    expect(table(['A'], [])).to.equal('');
  });

  it('leaves out what has no value', () => {
    expect(
      facts([
        ['one', '1'],
        ['three', ''],
        ['to', '2'],
      ]),
    ).to.equal('one  1\nto   2');
  });

  const spans: [ms: number, text: string][] = [
    [0, '0.0 s'],
    [2_149, '2.1 s'],
    [59_900, '59.9 s'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
  ];
  for (const [ms, text] of spans) it(`writes ${ms} ms as ${text}`, () => expect(duration(ms)).to.equal(text));

  it('keeps milliseconds where they matter', () => expect(exactDuration(42.4)).to.equal('42 ms'));

  it('tells a person how long ago, and a program when', () => {
    expect(moment(1_000, 121_000, true)).to.equal('2 min ago');
    expect(moment(1_000, 121_000, false)).to.equal('1970-01-01T00:00:01.000Z');
  });
});

describe('the output of a child', () => {
  it('is shown when it warns or speaks plainly', () => {
    expect(importantLine('{"level":30,"msg":"listens"}')).to.equal(undefined);
    expect(importantLine('{"level":50,"msg":"no","err":{"message":"disk full"}}')).to.equal('no: disk full');
    expect(importantLine('Error: \u001b[31mbroken')).to.equal('Error: broken');
    expect(importantLine('{not json')).to.equal('{not json');
  });

  it('tells the first token in a line of its own', () => {
    expect(tokenIn('first token: gantry_abc')).to.equal('gantry_abc');
    expect(tokenIn('{"msg":"first token: gantry_abc"}')).to.equal(undefined);
  });
});

describe("the folder's own Redis", () => {
  it('keeps what it acknowledged, forgets nothing, and lets nobody in without its password', () => {
    const lines = redisConfiguration('/some where', { port: 7399, password: 'secret' }).split('\n');
    expect(lines).to.include.members([
      'bind 127.0.0.1',
      'port 7399',
      'requirepass secret',
      'appendonly yes',
      'appendfsync everysec',
      'maxmemory-policy noeviction',
      'dir "/some where"',
    ]);
  });
});

describe('the file system of a folder', () => {
  const mounts = 'rootfs / ext4 rw 0 0\nserver:/x /mnt/far nfs4 rw 0 0\ntmpfs /mnt/far\\040away tmpfs rw 0 0\n';
  const cases: [folder: string, type: string][] = [
    ['/home/x', 'ext4'],
    ['/mnt/far/x', 'nfs4'],
    ['/mnt/farther', 'ext4'],
    ['/mnt/far away/x', 'tmpfs'],
  ];
  for (const [folder, type] of cases)
    it(`of ${folder} is ${type}`, () => expect(fileSystemOf(folder, mounts)).to.equal(type));
});
