import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Belonging } from '../../../engine/ports/belongings';
import { DockerBelongings } from '../../../runners/docker/belongings';
import { purge } from '../../../runners/docker/purge';

const INSTALLATION = '0123456789abcdef';
const CONTAINER: Belonging = {
  ...{ kind: 'container', id: 'c1', name: 'left', labels: { app: 'shop', role: 'build' } },
  ...{ madeAt: 0, bytes: 0, inUse: true },
};

describe('a container of ours that Docker would not give up', () => {
  let docker: Server;
  let belongings: DockerBelongings;
  /** Closes the connection instead of an answer to the removal. */
  let dies: boolean;
  beforeEach(async () => {
    dies = false;
    docker = createServer((request, response) => {
      if (request.method === 'DELETE' && dies) request.destroy();
      response.statusCode = request.method === 'DELETE' ? 500 : 200;
      response.setHeader('content-type', 'application/json');
      const ours = { Id: 'c1', Config: { Labels: { 'gantry.installation': INSTALLATION } } };
      response.end(JSON.stringify(request.method === 'DELETE' ? { message: 'device is busy' } : ours));
    }).listen(0, '127.0.0.1');
    await once(docker, 'listening');
    const { port } = docker.address() as AddressInfo;
    const place = { host: '127.0.0.1', port, protocol: 'http' as const };
    belongings = new DockerBelongings({ docker: place, installation: INSTALLATION, network: 'gantry-01234567' });
  });
  afterEach(() => {
    docker.closeAllConnections();
    docker.close();
  });

  it('is left, and Docker says why', async () => {
    expect(await belongings.remove(CONTAINER)).to.match(/device is busy$/);
  });

  it('is not left but unknown when Docker went away meanwhile', async () => {
    dies = true;
    const answer = await belongings.remove(CONTAINER).then(
      (why) => `left: ${why}`,
      (error: Error) => error.message,
    );
    expect(answer).to.match(/^Docker does not answer at /);
  });
});

describe('a purge', () => {
  const one = (kind: Belonging['kind'], name: string): Belonging => ({ ...CONTAINER, kind, name, id: name });
  const purged = async (what: 'apps' | 'everything') => {
    const all = [one('volume', 'cache'), one('network', 'common'), one('image', 'shop'), one('container', 'shop-1')];
    const lines: string[] = [];
    const belongings = {
      list: async (kinds: readonly Belonging['kind'][]) => all.filter(({ kind }) => kinds.includes(kind)),
      remove: async ({ name }: Belonging) => (name === 'shop' ? 'others have containers of it' : undefined),
    };
    await purge(belongings, what, ({ kind, name, left }) => lines.push(`${kind} ${name} ${left ?? 'removed'}`));
    return lines;
  };

  it('takes what uses others before them, and goes on behind what is left', async () => {
    expect(await purged('everything')).to.deep.equal([
      'container shop-1 removed',
      'image shop others have containers of it',
      'network common removed',
      'volume cache removed',
    ]);
  });

  it('of the apps takes containers alone', async () => {
    expect(await purged('apps')).to.deep.equal(['container shop-1 removed']);
  });
});
