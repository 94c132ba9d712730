import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import type { CommandRequest } from '../../engine/ports/builder';
import { buildCall, type DockerPlace, dockerPlace } from '../runners/docker/harness';
import { type TestRedis, testRedis } from '../support/redis';
import { requireDocker } from '../support/skips';
import { type House, makeHouse } from '../web/support/house';

const MIB = 1024 * 1024;
/** Chown, dac_override, fowner, setgid, setuid: what installing packages as root needs. */
const BUILD_CAPABILITIES = 0xcbn;

describe('a command of a user in its container', function () {
  this.timeout(120_000);
  let place: DockerPlace;
  before(async function () {
    requireDocker(this);
    place = await dockerPlace();
  });
  after(() => place?.remove());

  const run = async (command: string, changes: Partial<CommandRequest> = {}) => {
    const call = buildCall();
    const end = await place.builder.runCommand({
      ...call,
      ...{ image: 'gantry/debian', command, env: {}, cache: { key: 'shop', paths: [] } },
      ...{ memory: 64 * MIB, timeoutMs: 60_000, ...changes },
    });
    return { ...end, lines: call.lines };
  };

  it('has no more rights than it needs, and gets no others [S15]', async () => {
    const { lines } = await run(`grep -E '^(CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status
for attempt in 'mount -t tmpfs x /mnt' 'unshare --mount true' 'unshare --user true' 'mknod /tmp/d b 8 0' \\
  'echo 1 > /proc/sys/kernel/sysrq' 'echo x > /proc/sysrq-trigger' 'dmesg' 'chroot / nsenter -t 1 -m true' \\
  'hostname other' 'date -s 2000-01-01' 'cat /proc/1/../../dev/mem' 'ip link add x type dummy'; do
  if sh -c "$attempt" > /dev/null 2>&1; then echo "could: $attempt"; fi
done`);
    const status = new Map(lines.map((line) => line.split(/:\s+/) as [string, string]));
    for (const name of ['CapEff', 'CapBnd']) {
      expect(BigInt(`0x${status.get(name)}`) & ~BUILD_CAPABILITIES, name).to.equal(0n);
    }
    expect(status.get('CapAmb')).to.match(/^0+$/);
    expect([status.get('NoNewPrivs'), status.get('Seccomp')]).to.deep.equal(['1', '2']);
    expect(lines.filter((line) => line.startsWith('could:'))).to.deep.equal([]);
  });

  it('finds no Docker socket, and nothing of the machine [S12]', async () => {
    const { lines } = await run(`find / -xdev -type s 2>/dev/null
ls -d /var/run/docker.sock /run/docker.sock /run/containerd /host /mnt/* /root/.docker /root/.ssh 2>/dev/null
ls /dev/kmsg /dev/mem /dev/sda /dev/vda /dev/fuse 2>/dev/null
env | grep -iE 'docker|gantry|redis|token|secret|password'
awk '$5 ~ /docker|containerd|\\/home|\\/srv/ || $3 == "/"' /proc/self/mountinfo | grep -vE 'overlay|docker-init'
true`);
    expect(lines).to.deep.equal([]);
  });

  describe('that looks around', () => {
    let house: House;
    let redis: TestRedis;
    let open: Server;
    beforeEach(async function () {
      house = await makeHouse();
      redis = await testRedis(this);
      open = createServer((socket) => void socket.on('error', () => undefined).end());
      await new Promise<void>((resolve) => open.listen(0, '0.0.0.0', resolve));
    });
    afterEach(async () => {
      open.close();
      await redis.remove();
      await house.close();
    });

    it('reaches neither the API, nor Redis, nor SQL, nor Docker [S17]', async () => {
      const anybody = (open.address() as { port: number }).port;
      const ports = [house.web.port, redis.port, 2375, 2376, 5432, 6379, anybody].join(' ');
      const { lines } = await run(LOOK_AROUND, { env: { PORTS: ports } });
      expect(
        lines.map((line) => line.split(' ')[1]),
        'only what listens to everybody',
      ).to.deep.equal([String(anybody)]);
    });
  });

  it('that forks without end, fills its memory, or never ends is ended, and others go on [S14]', async () => {
    const forks = run('f() { f | f & }; f; sleep 60', { timeoutMs: 4_000 });
    const other = await run('echo works');
    expect(other.lines).to.deep.equal(['works']);
    const bomb = await forks;
    expect(bomb.timedOut || bomb.exitCode !== 0).to.equal(true);
    const hog = await run('x=y; while :; do x=$x$x; done');
    expect(hog.exitCode).to.not.equal(0);
    expect((await run('sleep 60', { timeoutMs: 1_000 })).timedOut).to.equal(true);
  });
});

/** Tries to connect to each port of the machine, by all names that it may have, and tells what was open. */
const LOOK_AROUND = String.raw`exec bash -c '
hex=$(awk "\$2 == \"00000000\" { print \$3 }" /proc/net/route)
gateway=$((16#${'$'}{hex:6:2})).$((16#${'$'}{hex:4:2})).$((16#${'$'}{hex:2:2})).$((16#${'$'}{hex:0:2}))
for port in $PORTS; do
  for host in $gateway 127.0.0.1 localhost host.docker.internal; do
    if timeout 2 bash -c "exec 3<>/dev/tcp/$host/$port" 2> /dev/null; then echo "$host $port"; fi
  done
done
'`;
