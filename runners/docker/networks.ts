import { StepFailure } from '../../engine/model/errors';
import { type DockerClient, ignoring, renamed, statusOf } from './client';
import { INSTALLATION_LABEL, labelFilter, writeLabels } from './labels';

/**
 * Makes sure that a bridge network of ours with this name exists. Safe to call from several processes at once: Docker
 * checks names without a lock, so two networks of one name can come to be, and all but the oldest are removed.
 */
export async function ensureNetwork(client: DockerClient, name: string, installation: string): Promise<void> {
  const doing = `look for the network ${name}`;
  const info = await renamed(client, doing, ignoring([404], client.calls.getNetwork(name).inspect()));
  if (info !== undefined) {
    if (info.Labels?.[INSTALLATION_LABEL] === installation) return;
    throw new StepFailure(
      'world',
      `a network named ${name} exists that this installation did not make, so it is left alone`,
      `rename or remove it ("docker network rm ${name}")`,
    );
  }
  await renamed(client, `make the network ${name}`, createNetwork(client, name, installation));
}

async function createNetwork(client: DockerClient, name: string, installation: string): Promise<void> {
  try {
    await client.calls.createNetwork({
      Name: name,
      Driver: 'bridge',
      CheckDuplicate: true,
      Labels: writeLabels(installation, { app: '', role: 'network' }),
    });
  } catch (error) {
    if (statusOf(error) === 409) return;
    throw error;
  }
  await removeTwins(client, name, installation);
}

async function removeTwins(client: DockerClient, name: string, installation: string): Promise<void> {
  const listed = await client.calls.listNetworks({ filters: labelFilter(installation) });
  const twins = listed.filter((network) => network.Name === name);
  const age = (twin: { Created: string; Id: string }): string => `${twin.Created} ${twin.Id}`;
  twins.sort((a, b) => (age(a) < age(b) ? -1 : 1));
  for (const twin of twins.slice(1)) {
    await ignoring([404], client.calls.getNetwork(twin.Id).remove());
  }
}
