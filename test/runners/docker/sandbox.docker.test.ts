import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import type { CommandRequest } from '../../../engine/ports/builder';
import { DockerBuilder } from '../../../runners/docker/builder';
import { requireDocker } from '../../support/hooks';
import { buildCall, type DockerPlace, dockerPlace, effect, tarOf } from './harness';

const MIB = 1024 * 1024;
/** Says `open`, or why not, for each place; bash can do it without a program. */
const TRY = `for at in $PLACES; do (timeout 2 bash -c "exec 3<>/dev/tcp/\${at%:*}/\${at#*:}" 2>/dev/null && echo "$at open") || echo "$at shut"; done`;

/** What a command and a build find when they look around. */
describe('the sandbox of commands and builds', function () {
  this.timeout(120_000);
  let place: DockerPlace;
  const servers: Server[] = [];

  before(async function () {
    requireDocker(this);
    place = await dockerPlace();
  });

  after(async () => {
    for (const server of servers) server.close();
    await place?.remove();
  });

  const run = async (
    command: string,
    changes: Partial<CommandRequest> = {},
    builder = place.builder,
  ): Promise<string[]> => {
    const call = buildCall();
    await builder.runCommand({
      ...{ ...call, image: 'gantry/debian', command, env: {}, cache: { key: 'shop', paths: [] } },
      ...{ memory: 128 * MIB, timeoutMs: 60_000, ...changes },
    });
    return call.lines;
  };

  const listen = async (host: string): Promise<number> => {
    const server = createServer((socket) => socket.end());
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return (server.address() as { port: number }).port;
  };

  const bridge = async (): Promise<string> => {
    await run('true');
    const info = await place.docker.getNetwork(`${place.network}-build`).inspect();
    return info.IPAM?.Config?.[0]?.Gateway ?? '';
  };

  const build = (dockerfile: string) => {
    const call = buildCall();
    const context = tarOf({ Dockerfile: dockerfile });
    const request = { dockerfile: 'Dockerfile', target: null, args: {}, app: 'shop', context };
    return { call, built: place.builder.buildImage({ ...call, ...request }) };
  };

  it('has no privileges: no capability that leads out, no new ones, the filter of system calls [S15]', async () => {
    const lines = await run('grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status | tr -d "\\t"; id -u');
    // CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID: what installing packages needs, and no more.
    expect(lines).to.deep.equal(
      ['CapBnd:00000000000000cb', 'CapEff:00000000000000cb', 'NoNewPrivs:1', 'Seccomp:2', '0'].sort(
        (a, b) => order(a) - order(b),
      ),
    );
  });

  it('sees nothing of its host: no socket of Docker, no devices, no processes, no folders [S12]', async () => {
    const lines = await run(
      'ls /var/run/docker.sock /run/docker.sock /dev/sda /dev/mem /dev/kmsg 2>&1 | grep -vc "No such file"; ls /proc | grep -cE "^[0-9]+$"; ' +
        'mount -t tmpfs x /mnt 2>&1 | grep -c "permission denied"; echo 1 > /proc/sys/kernel/hostname 2>&1 || echo refused',
    );
    expect(lines[0]).to.equal('0');
    expect(Number(lines[1])).to.be.lessThan(10);
    expect(lines.slice(2)).to.satisfy(
      (rest: string[]) => rest.includes('1') && rest.some((line) => /refused|Read-only/.test(line)),
    );
  });

  it('reaches neither what listens on this machine for itself, nor metadata, nor a daemon of Docker [S17]', async () => {
    const gateway = await bridge();
    const own = await listen('127.0.0.1');
    const host = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
    const ports = [own, 6379, 5432, 7070, 2375, 2376];
    const addresses = [gateway, '127.0.0.1', ...(host === undefined ? [] : [host])];
    const places = [...addresses.flatMap((address) => ports.map((port) => `${address}:${port}`)), '169.254.169.254:80'];
    const lines = await run(TRY, { env: { PLACES: places.join(' ') } });
    expect(lines).to.deep.equal(places.map((at) => `${at} shut`));
  });

  it('does reach what listens for everybody on the addresses of its host: doctor says so, and the network can be none', async () => {
    const everybody = `${await bridge()}:${await listen('0.0.0.0')}`;
    expect(await run(TRY, { env: { PLACES: everybody } })).to.deep.equal([`${everybody} open`]);
    const { docker: _docker, ...common } = place;
    const closed = new DockerBuilder({ ...common, docker: {}, settings: { appNetwork: 'none' } });
    expect(await run(TRY, { env: { PLACES: everybody } }, closed)).to.deep.equal([`${everybody} shut`]);
    expect(await run('ls /sys/class/net', {}, closed)).to.deep.equal(['lo']);
  });

  it('of one app does not reach that of another', async () => {
    const listening = run(
      'hostname -i; timeout 6 perl -MIO::Socket::INET -e \'$s=IO::Socket::INET->new(Listen=>1,LocalPort=>8099); $s->accept and print "reached\\n"\' || true; echo ended',
    );
    const containers = async () => {
      const filters = JSON.stringify({ label: [`gantry.installation=${place.installation}`] });
      return place.docker.listContainers({ filters });
    };
    let address = '';
    for (let tries = 0; address === '' && tries < 100; tries++) {
      const [one] = await containers();
      address = one?.NetworkSettings.Networks[`${place.network}-build`]?.IPAddress ?? '';
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const lines = await run(TRY, { env: { PLACES: `${address}:8099 ${address}:8099` } });
    expect(lines).to.deep.equal([`${address}:8099 shut`, `${address}:8099 shut`]);
    expect(await listening).to.not.include('reached');
  });

  it('ends a fork bomb, and a command that takes all memory, and the rest goes on [S14]', async () => {
    const call = buildCall();
    const end = await place.builder.runCommand({
      ...{
        ...call,
        image: 'gantry/debian',
        env: {},
        cache: { key: 'shop', paths: [] },
        memory: 64 * MIB,
        timeoutMs: 60_000,
      },
      command: 'bomb() { bomb | bomb & }; bomb; sleep 2; head -c 200m /dev/zero | tail -c 200m > /dev/null',
    });
    expect(end.exitCode === 0 && !end.outOfMemory).to.equal(false);
    expect(await run('echo fine')).to.deep.equal(['fine']);
  });

  it('of a Dockerfile has no more: no privileges, no socket, nothing of this machine [S12]', async () => {
    const own = await listen('127.0.0.1');
    const { call, built } = build(
      [
        'FROM gantry/debian',
        `RUN echo ${effect()}; ls /var/run/docker.sock 2>&1; grep NoNewPrivs /proc/self/status; mount -t tmpfs x /mnt 2>&1 || true`,
        `RUN for at in 172.17.0.1:${own} 127.0.0.1:${own} 172.17.0.1:6379; do (timeout 2 bash -c "exec 3<>/dev/tcp/\${at%:*}/\${at#*:}" && echo "$at open") 2>/dev/null || echo "$at shut"; done`,
      ].join('\n'),
    );
    await built;
    const said = call.lines.join('\n');
    expect(said)
      .to.contain("cannot access '/var/run/docker.sock'")
      .and.to.match(/mount: .*(permission denied|only root)/i);
    expect(said.match(/ shut$/gm)).to.have.lengthOf(3);
    expect(said).to.not.match(/\d open$/m);
  });
});

const order = (line: string): number =>
  ['CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp', '0'].findIndex((name) => line.startsWith(name));
