import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Docker from 'dockerode';
import { pack } from 'tar-stream';
import { dockerAddress } from '../../settings';
import type { Workshop } from './bench';
import { runProgram } from './program';

/** How often an answer is asked for, ms. Asking takes processor time from the server that starts, on both sides. */
export const LOOK_MS = 20;
const START_MS = 60_000;
const MEMORY = 512 * 1024 * 1024;
const LABEL = 'gantry.installation';
const BUILD_MS = 10 * 60_000;

/** Debian's Tomcat as its package installs it, and as its own script starts it. */
const STOCK = `FROM gantry/debian
RUN mkdir -p /usr/share/man/man1 && apt-get update && DEBIAN_FRONTEND=noninteractive \\
    apt-get install -y --no-install-recommends openjdk-17-jre-headless tomcat10 && rm -rf /var/lib/tomcat10/webapps/ROOT
ENV CATALINA_HOME=/usr/share/tomcat10 CATALINA_BASE=/var/lib/tomcat10
USER tomcat
CMD ["/usr/share/tomcat10/bin/catalina.sh", "run"]
`;

interface Server {
  image: string;
  /** Where it looks for the WAR. */
  place: string;
  env: string[];
}

const TUNED: Server = {
  image: 'gantry/tomcat',
  place: '/gantry/webapps/ROOT.war',
  env: ['JAVA_OPTS=-Xmx128m', 'PORT=8080'],
};

/**
 * What a script of few lines would do, and no Gantry: the same limits, a network of its own; on Gantry's base the same
 * check of the bytes.
 */
export class BareTomcat {
  private constructor(
    private readonly docker: Docker,
    private readonly name: string,
    private readonly server: Server,
  ) {}

  /** On Gantry's own base. */
  static start(workshop: Workshop): Promise<BareTomcat> {
    return BareTomcat.open(workshop, `bench-${process.pid}`, TUNED);
  }

  /** On Debian's Tomcat as it comes. */
  static async startStock(workshop: Workshop): Promise<BareTomcat> {
    const { settings, folder, cleanup } = workshop;
    const name = `bench-stock-${process.pid}`;
    const { environment } = settings;
    const docker = (...args: string[]) => runProgram('docker', args, { folder, environment, limitMs: BUILD_MS });
    writeFileSync(join(folder, 'Dockerfile.stock'), STOCK);
    cleanup.later(async () => void (await docker('image', 'rm', '--force', name)));
    await docker('build', '--quiet', '--tag', name, '--label', `${LABEL}=${name}`, '--file', 'Dockerfile.stock', '.');
    return BareTomcat.open(workshop, name, { image: name, place: '/var/lib/tomcat10/webapps/ROOT.war', env: [] });
  }

  private static async open({ settings, cleanup }: Workshop, name: string, server: Server): Promise<BareTomcat> {
    const docker = new Docker(dockerAddress(settings.environment.DOCKER_HOST));
    cleanup.later(async () => {
      const filters = JSON.stringify({ label: [`${LABEL}=${name}`] });
      for (const { Id } of await docker.listContainers({ all: true, filters })) {
        await docker.getContainer(Id).remove({ force: true, v: true });
      }
      for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove();
    });
    await docker.createNetwork({ Name: name, Labels: { [LABEL]: name } });
    return new BareTomcat(docker, name, server);
  }

  /** Create, copy, start, first answer. @returns milliseconds from the first call to the first right answer */
  async deliver(war: Buffer): Promise<number> {
    const archive = archiveOf(war, this.server.place);
    const began = performance.now();
    const container = await this.docker.createContainer({
      Image: this.server.image,
      Labels: { [LABEL]: this.name },
      Env: this.server.env,
      HostConfig: {
        NetworkMode: this.name,
        Memory: MEMORY,
        MemorySwap: MEMORY,
        NanoCpus: 1e9,
        PidsLimit: 512,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        Init: true,
      },
    });
    await container.putArchive(archive, { path: '/' });
    await container.start();
    const { NetworkSettings } = await container.inspect();
    await firstAnswer(NetworkSettings.Networks[this.name]?.IPAddress ?? '', began);
    const took = performance.now() - began;
    await container.remove({ force: true, v: true });
    return took;
  }
}

function archiveOf(war: Buffer, place: string): NodeJS.ReadableStream {
  const sum = createHash('sha256').update(war).digest('hex');
  const archive = pack();
  archive.entry({ name: place.slice(1), mode: 0o644 }, war);
  archive.entry({ name: 'gantry/artifacts.sha256', mode: 0o444 }, `${sum}  ${place}\n`);
  archive.finalize();
  return archive as unknown as NodeJS.ReadableStream;
}

async function firstAnswer(host: string, began: number): Promise<void> {
  while ((await statusOf({ host, port: 8080, path: '/health' })) !== 200) {
    if (performance.now() - began > START_MS) throw new Error(`no answer from ${host} within ${START_MS / 1000} s`);
    await pause(LOOK_MS);
  }
}

function statusOf(options: { host: string; port: number; path: string }): Promise<number | undefined> {
  return new Promise((resolve) => {
    const call = get({ ...options, agent: false, timeout: 1_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(undefined));
  });
}
