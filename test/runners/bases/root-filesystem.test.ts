import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import type Docker from 'dockerode';
import { rootFilesystem } from '../../../runners/bases/root-filesystem';

/** A Docker that has some images and perhaps a registry, and writes down what it is asked to change. */
function scriptedDocker(present: readonly string[], registry?: string): { docker: Docker; changes: string[] } {
  const changes: string[] = [];
  const image = (name: string) => ({
    inspect: async () => {
      if (!present.includes(name)) {
        throw Object.assign(new Error('no such image'), { statusCode: 404 });
      }
    },
    distribution: async () => {
      if (registry === undefined || !name.startsWith(registry)) {
        throw new Error('no such host');
      }
      return { Descriptor: { digest: 'sha256:d1' } };
    },
    tag: async (to: { repo: string; tag: string }) => changes.push(`tag ${name} as ${to.repo}:${to.tag}`),
    remove: async () => changes.push(`remove ${name}`),
  });
  const docker = {
    getImage: image,
    pull: async (name: string) => changes.push(`pull ${name}`),
    importImage: async () => new PassThrough(),
    modem: { followProgress: (_: unknown, done: (error: null) => void) => done(null) },
  };
  return { docker: docker as unknown as Docker, changes };
}

const silent = (): void => undefined;

describe('the root of the base images', () => {
  it('is the local Debian when it is there, and that stays', async () => {
    const { docker, changes } = scriptedDocker(['debian:bookworm-slim']);
    const root = await rootFilesystem(docker, {}, {}, silent);
    await root.release();
    expect(root.reference).to.equal('debian:bookworm-slim');
    expect(changes).to.deep.equal([]);
  });

  it('is pulled by digest from a mirror that answers, so that no public tag appears', async () => {
    const { docker, changes } = scriptedDocker(['debian:bookworm-slim'], 'mirror.bank:5000');
    const root = await rootFilesystem(docker, { registryMirror: 'mirror.bank:5000' }, {}, silent);
    await root.release();
    expect(changes).to.deep.equal([
      'pull mirror.bank:5000/debian@sha256:d1',
      'tag mirror.bank:5000/debian@sha256:d1 as gantry/debian:rootfs',
      'remove mirror.bank:5000/debian@sha256:d1',
      'remove gantry/debian:rootfs',
    ]);
  });

  it('says what to install when there is neither a registry nor mmdebstrap', async () => {
    const { docker } = scriptedDocker([]);
    const lines: string[] = [];
    const error = await rootFilesystem(docker, {}, { PATH: '/nowhere' }, (line) => lines.push(line)).catch(
      (each: Error) => each,
    );
    expect(error).to.be.an('error').with.property('message').that.includes('apt-get install mmdebstrap');
    expect(lines.join('\n')).to.include("no registry (no such host); taking Debian's packages instead");
  });
});
