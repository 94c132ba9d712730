import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import type { CommandRequest } from '../../../engine/ports/builder';
import type { OutputLine } from '../../../engine/ports/bytes';
import type { SecretFile } from '../../../engine/ports/secrets';
import { EFFECT_LABEL } from '../../../runners/docker/labels';
import { requireDocker } from '../../support/hooks';
import { until } from '../../web/support/until';
import { buildCall, type DockerPlace, dockerPlace, effect, tarOf } from './harness';

const MIB = 1024 * 1024;

describe('secrets in containers', function () {
  this.timeout(60_000);
  let place: DockerPlace;

  before(async function () {
    requireDocker(this);
    place = await dockerPlace();
  });

  after(() => place?.remove());

  const run = async (command: string, secrets: SecretFile[], changes: Partial<CommandRequest> = {}) => {
    const call = buildCall();
    const end = await place.builder.runCommand({
      ...{ ...call, image: 'gantry/debian', command, env: {}, cache: { key: 'shop', paths: [] }, secrets },
      ...{ memory: 64 * MIB, timeoutMs: 20_000, ...changes },
    });
    return { end, lines: call.lines };
  };
  const PASSWORD: SecretFile = { name: 'DB_PASSWORD', value: Buffer.from(`it's "100%" \\n $HOME`) };

  it('are files that only the command may read, whatever bytes they are', async () => {
    const binary = {
      name: 'key.bin',
      value: Buffer.concat([Buffer.from([0, 10, 13, 92, 37, 255]), randomBytes(2_000)]),
    };
    const { end, lines } = await run(
      'stat -c "%a %u %n" /run/secrets/*; sha256sum < /run/secrets/key.bin; cat /run/secrets/DB_PASSWORD; echo; cat; umask',
      [PASSWORD, binary],
    );
    expect(end.exitCode).to.equal(0);
    expect(lines).to.deep.equal([
      '400 0 /run/secrets/DB_PASSWORD',
      '400 0 /run/secrets/key.bin',
      `${createHash('sha256').update(binary.value).digest('hex')}  -`,
      PASSWORD.value.toString(),
      '0022',
    ]);
  });

  it('lie in memory, and are in no argument, variable or label of the container [S21]', async () => {
    const call = buildCall({ effect: effect() });
    const told: string[] = [];
    const onLine = (line: OutputLine) => {
      told.push(line.toString());
    };
    const look =
      'grep " /run/secrets " /proc/mounts; cat /proc/1/environ /proc/1/cmdline /proc/self/environ | tr "\\0" "\\n"';
    const ran = run(`${look}; echo ready; sleep 2`, [PASSWORD], { labels: call.labels, onLine });
    await until(() => told.includes('ready'));
    const filters = JSON.stringify({ label: [`${EFFECT_LABEL}=${call.labels.effect}`] });
    const [listed] = await place.docker.listContainers({ filters });
    const container = place.docker.getContainer(listed?.Id ?? '');
    const inspected = JSON.stringify([await container.inspect(), await container.changes()]);
    await ran;
    expect(told.join()).to.contain('tmpfs /run/secrets tmpfs').and.to.contain('noexec');
    for (const text of [told.join(), inspected]) expect(text).to.not.contain('100%').and.to.not.contain('\\0045');
    expect(inspected).to.not.contain('DB_PASSWORD');
  });

  it('of the largest size arrive, and the command ends as it would without them', async () => {
    const large = { name: 'bundle.pem', value: randomBytes(65_536) };
    const { end, lines } = await run('wc -c < /run/secrets/bundle.pem; exit 7', [large]);
    expect(lines).to.deep.equal(['65536']);
    expect(end).to.include({ exitCode: 7, timedOut: false });
  });

  it('of an instance belong to the user of its image, and are there again after a restart', async () => {
    const name = `gantry-${place.installation}-shop-secrets`;
    const dockerfile = 'FROM gantry/debian\nRUN useradd -u 4711 shop\nUSER shop\nCMD sleep 300\n';
    const { imageId } = await place.builder.buildImage({
      ...{ ...buildCall(), context: tarOf({ Dockerfile: dockerfile }), dockerfile: 'Dockerfile' },
      ...{ target: null, args: {}, app: 'shop' },
    });
    const spec = {
      ...{ name, image: imageId, port: 8080, env: {}, inject: [], secrets: [PASSWORD] },
      ...{ resources: { memory: 512 * MIB, cpus: 1 }, stopGraceMs: 1_000 },
      labels: { app: 'shop', role: 'instance' as const, epoch: 1, effect: effect() },
    };
    const seen = await place.cluster.startInstance(spec);
    const container = place.docker.getContainer(seen.id);
    const read = async (command: string): Promise<string> => {
      const exec = await container.exec({ Cmd: ['sh', '-c', command], AttachStdout: true, Tty: true });
      const stream = await exec.start({ Tty: true });
      let text = '';
      for await (const piece of stream) text += String(piece);
      return text.trim();
    };
    const look = 'stat -c "%a %u" /run/secrets/DB_PASSWORD; cat /run/secrets/DB_PASSWORD';
    const expected = `400 4711\r\n${PASSWORD.value.toString()}`;
    expect(await read(look)).to.equal(expected);
    await container.restart({ t: 1 });
    expect(await read(look)).to.equal(expected);
    expect(JSON.stringify(await container.inspect())).to.not.contain('100%');
    await place.cluster.removeInstance(name, 0);
  });
});
