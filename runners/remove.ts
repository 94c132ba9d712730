import { randomBytes } from 'node:crypto';
import { installationId } from '../engine/store/installation';
import { openStore } from '../engine/store/store';
import type { RunnerSettings } from '../settings';
import { listBases } from './bases/command';
import { DockerBelongings } from './docker/belongings';
import { connectDocker } from './docker/client';
import { type Purged, purge } from './docker/purge';
import { makeGateway, networkName } from './make-gateway';
import { hasRecords, openRecords } from './upkeep/data';

/**
 * `remove --apps | --purge [--keep-bases]`: takes this installation's objects out of Docker, and nothing else.
 * Prints one JSON line per object: removed, or left and why.
 */
export async function removeMain(settings: RunnerSettings, args: readonly string[]): Promise<number> {
  const say = (line: Purged) => process.stdout.write(`${JSON.stringify(line)}\n`);
  if (!(await hasRecords(settings))) return 0; // nothing was ever started here
  const store = await openStore(await openRecords(settings));
  const installation = await installationId(store, { bytes: randomBytes });
  await store.close();
  const everything = args.includes('--purge');
  if (settings.dummy) return 0; // the dummy leaves nothing behind
  const { docker } = settings;
  const network = networkName(installation);
  const gateway = makeGateway(settings, installation);
  const stood = await gateway.address();
  await gateway.remove();
  if (stood !== undefined) say({ kind: 'container', name: `${network}-gateway` });
  const belongings = new DockerBelongings({ docker, installation, network });
  await purge(belongings, everything ? 'everything' : 'apps', say);
  if (everything && !args.includes('--keep-bases')) await removeBases(connectDocker(docker), say);
  return 0;
}

/** Bases serve every installation of this host: each goes only when nothing is built on it any more. */
async function removeBases(client: ReturnType<typeof connectDocker>, say: (line: Purged) => void): Promise<void> {
  const others = await client.calls.listContainers({
    all: true,
    filters: JSON.stringify({ label: ['gantry.installation'] }),
  });
  const bases = (await listBases(client.calls)).filter((base) => base.imageId !== null);
  // What stands on debian goes before debian.
  for (const base of bases.sort((a) => (a.name === 'debian' ? 1 : -1))) {
    if (others.length > 0) {
      say({ kind: 'image', name: base.tag, left: 'another installation on this host has containers and may need it' });
      continue;
    }
    try {
      await client.calls.getImage(base.tag).remove();
      say({ kind: 'image', name: base.tag });
    } catch (error) {
      say({ kind: 'image', name: base.tag, left: `Docker keeps it: ${(error as Error).message}` });
    }
  }
}
