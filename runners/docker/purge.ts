import { shortInstallation } from '../../engine/model/installation';
import { type DockerClient, ignoring, reasonOf } from './client';
import { labelFilter } from './labels';
import { removeContainer } from './removal';

/** One object that was removed, or left with the reason. */
export interface Purged {
  kind: 'container' | 'image' | 'network' | 'volume';
  name: string;
  left?: string;
}

/** Removes what carries this installation's label: only containers (`apps`), or everything. */
export async function purge(
  client: DockerClient,
  installation: string,
  what: 'apps' | 'everything',
  say: (line: Purged) => void,
): Promise<void> {
  const filters = labelFilter(installation);
  for (const container of await client.calls.listContainers({ all: true, filters })) {
    const name = (container.Names[0] ?? container.Id).replace(/^\//, '');
    await attempt({ kind: 'container', name }, say, () => removeContainer(client, container.Id, GRACE_MS));
  }
  if (what === 'apps') return;
  await removeImages(client, installation, say);
  for (const network of await client.calls.listNetworks({ filters })) {
    await attempt({ kind: 'network', name: network.Name }, say, () =>
      ignoring([404], client.calls.getNetwork(network.Id).remove()),
    );
  }
  const { Volumes } = await client.calls.listVolumes({ filters });
  for (const volume of Volumes ?? []) {
    await attempt({ kind: 'volume', name: volume.Name }, say, () =>
      ignoring([404], client.calls.getVolume(volume.Name).remove()),
    );
  }
}

/** By label, and by our own names: a base that was named for a build keeps only its other names. */
async function removeImages(client: DockerClient, installation: string, say: (line: Purged) => void): Promise<void> {
  const ours = `gantry-${shortInstallation(installation)}/`;
  const named = JSON.stringify({ reference: [`${ours}*`] });
  for (const image of await client.calls.listImages({ filters: named })) {
    for (const name of (image.RepoTags ?? []).filter((tag) => tag.startsWith(ours))) {
      await attempt({ kind: 'image', name }, say, () => ignoring([404], client.calls.getImage(name).remove()));
    }
  }
  for (const image of await client.calls.listImages({ filters: labelFilter(installation) })) {
    await attempt({ kind: 'image', name: image.RepoTags?.[0] ?? image.Id }, say, () =>
      ignoring([404], client.calls.getImage(image.Id).remove({ force: true })),
    );
  }
}

const GRACE_MS = 10_000;

async function attempt(line: Purged, say: (line: Purged) => void, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
    say(line);
  } catch (error) {
    say({ ...line, left: reasonOf(error) });
  }
}
