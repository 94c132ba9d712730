import { expect } from 'chai';
import type { InstanceAccess, InstanceCommand, OutputRequest } from '../../../engine/ports/instance-access';
import { connectDocker } from '../../../runners/docker/client';
import { dockerAccess } from '../../../runners/docker/instance-access';
import { requireDocker } from '../../support/hooks';
import { instanceSpec } from '../cluster-contract';
import { buildTestApp, type DockerPlace, dockerPlace } from './harness';

const never = new AbortController().signal;
const EVERYTHING: OutputRequest = { follow: false, since: null, tail: 100 };

describe('a look into an instance on Docker', function () {
  this.timeout(60_000);
  let place: DockerPlace;
  let access: InstanceAccess;
  let name: string;
  let session = 0;
  before(async function () {
    requireDocker(this);
    place = await dockerPlace();
    access = dockerAccess(connectDocker({}), place.installation);
    name = (await start({ DUMMY_LOG: 'first line\\nsecond line' })).name;
  });
  after(() => place?.remove());

  const start = async (env: Record<string, string>) => {
    const spec = instanceSpec(await image(), { env });
    await place.cluster.startInstance(spec);
    return spec;
  };
  let built: Promise<string> | undefined;
  const image = (): Promise<string> => {
    built ??= buildTestApp(place);
    return built;
  };
  const freshSession = (): string => `session-${process.pid}-${++session}`;
  const run = (command: string[], id = freshSession(), terminal: { columns: number; rows: number } | null = null) =>
    access.start(name, { command, terminal }, id);
  const all = async (command: InstanceCommand) => {
    const said = { output: '', errors: '' };
    for await (const { type, bytes } of command.output) said[type] += bytes.toString('utf8');
    return { ...said, exitCode: await command.exitCode() };
  };
  const written = async (request = EVERYTHING, signal = never) => {
    let text = '';
    for await (const bytes of await access.output(name, request, signal)) text += bytes.toString('utf8');
    return text;
  };
  const processes = async (): Promise<string> => {
    const { Processes } = (await place.docker.getContainer(name).top()) as { Processes: string[][] };
    return Processes.map((columns) => columns.at(-1)).join('\n');
  };

  it('runs a command, keeps its two outputs apart, and knows its exit code', async () => {
    const said = await all(await run(['sh', '-c', 'echo hi; echo no >&2; exit 3']));
    expect(said).to.deep.equal({ output: 'hi\n', errors: 'no\n', exitCode: 3 });
  });

  it('gives it input, and the end of the input', async () => {
    const command = await run(['cat']);
    command.input.write('one\n');
    command.input.end('two\n');
    expect(await all(command)).to.deep.equal({ output: 'one\ntwo\n', errors: '', exitCode: 0 });
  });

  it('opens a shell on a terminal of the size that the person has, also when that changes', async () => {
    const shell = await run([], freshSession(), { columns: 101, rows: 33 });
    shell.input.write('stty size; read go; stty size; exit 7\n');
    let text = '';
    for await (const { bytes } of shell.output) {
      const before = text;
      text += bytes.toString('utf8');
      if (!before.includes('33 101') && text.includes('33 101')) {
        await shell.resize(80, 20);
        shell.input.write('\n');
      }
    }
    expect(text).to.contain('20 80');
    expect(await shell.exitCode()).to.equal(7);
  });

  it('ends what a session has left behind, also what its command has started itself, and nothing else', async () => {
    const id = freshSession();
    const other = await run(['sleep', '4711']);
    const command = await run(['sh', '-c', 'sleep 4712 & (setsid sleep 4713 &) ; sleep 4714'], id);
    for (let seen = ''; !seen.includes('4714'); seen = await processes());
    expect(await processes()).to.match(/sleep 4712[\s\S]*sleep 4714/);
    command.drop();
    // Dropping it does not end it: that is what the sweep is for.
    expect(await processes()).to.contain('sleep 4714');
    await access.sweep(name, id);
    expect(await processes()).to.not.match(/sleep 471[234]/);
    expect(await processes())
      .to.contain('sleep 4711')
      .and.contain('node /server.js');
    other.drop();
  });

  it('says of a command that is not there what a shell would', async () => {
    const said = await all(await run(['no-such-program']));
    expect(said.output).to.contain('no-such-program');
    expect([126, 127]).to.include(said.exitCode);
  });

  it('refuses an instance that has ended, and one that is gone', async () => {
    const refused = (act: Promise<unknown>) =>
      act.then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
    const ended = await start({ DUMMY_EXIT: '4', DUMMY_LOG: 'no database' });
    await place.docker.getContainer(ended.name).wait();
    expect(await refused(access.start(ended.name, { command: [], terminal: null }, 's'))).to.equal('instance-ended');
    expect(await refused(access.start('gantry-none', { command: [], terminal: null }, 's'))).to.equal('instance-gone');
    await access.sweep(ended.name, 's');
    let said = '';
    for await (const bytes of await access.output(ended.name, EVERYTHING, never)) said += bytes.toString('utf8');
    expect(said).to.equal('no database\n');
  });

  it('reads what it wrote: all, the last lines, or since a time', async () => {
    expect(await written()).to.equal('first line\nsecond line\n');
    expect(await written({ ...EVERYTHING, tail: 1 })).to.equal('second line\n');
    expect(await written({ ...EVERYTHING, since: Date.now() + 60_000 })).to.equal('');
  });

  it('follows what it writes until the reader has seen enough', async () => {
    const enough = new AbortController();
    const output = await access.output(name, { ...EVERYTHING, follow: true, tail: 0 }, enough.signal);
    // Another process of the instance writes where the app does.
    await all(
      await run([
        'sh',
        '-c',
        `for fd in /proc/[0-9]*/fd/1; do
      case $(readlink $fd) in pipe:*) echo later > $fd; esac; done`,
      ]),
    );
    let text = '';
    for await (const bytes of output) {
      text += bytes.toString('utf8');
      if (text.includes('later')) enough.abort();
    }
    expect(text).to.contain('later');
  });
});
