import Docker from 'dockerode';

/** A Docker object that carries an installation's label. */
export interface LabelledObject {
  readonly kind: 'container' | 'network' | 'volume' | 'image';
  readonly name: string;
  readonly installation: string;
  /** Kind and id together: the same object seen again. */
  readonly key: string;
}

const LABEL = 'gantry.installation';

/**
 * A name for an installation that a test makes. It holds the process id, so that two suites on one machine do not
 * take each other's objects for leftovers.
 */
export function testInstallation(): string {
  return `test-${process.pid}-${Math.random().toString(16).slice(2, 10)}`;
}

/** All objects of test installations; none when Docker is not to be used or does not answer. */
export async function labelledObjects(): Promise<LabelledObject[]> {
  if (process.env.GANTRY_TEST_DOCKER === '0') return [];
  const docker = new Docker();
  const found = await everythingLabelled(docker).catch(() => []);
  return found.filter((object) => object.installation.startsWith('test-'));
}

/** What this suite left: there now, not there before, and not of another suite that is still running. */
export function dockerLeftovers(now: readonly LabelledObject[], before: ReadonlySet<string>): LabelledObject[] {
  return now.filter((object) => !before.has(object.key) && !belongsToAnother(object.installation));
}

function belongsToAnother(installation: string): boolean {
  const pid = Number(/^test-(\d+)-/.exec(installation)?.[1]);
  if (!pid || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function everythingLabelled(docker: Docker): Promise<LabelledObject[]> {
  const filters = JSON.stringify({ label: [LABEL] });
  const [containers, networks, { Volumes }, images] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
    docker.listImages({ filters }),
  ]);
  return [
    ...containers.map((it) => object('container', it.Id, it.Names[0]?.slice(1) ?? it.Id, it.Labels)),
    ...networks.map((it) => object('network', it.Id, it.Name, it.Labels)),
    ...(Volumes ?? []).map((it) => object('volume', it.Name, it.Name, it.Labels)),
    ...images.map((it) => object('image', it.Id, it.RepoTags?.[0] ?? it.Id, it.Labels)),
  ];
}

function object(
  kind: LabelledObject['kind'],
  id: string,
  name: string,
  labels: Readonly<Record<string, string>> | null | undefined,
): LabelledObject {
  return { kind, name, installation: labels?.[LABEL] ?? '', key: `${kind} ${id}` };
}
