import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { StepFailure } from '../../engine/model/errors';
import { withBuildLock } from '../bases/build-lock';
import { type AddressRange, addressRange, partsOf, siblingsOf } from './address-range';
import { hasOptions, type NetworkOptions, optionsLabel } from './bridges';
import { type DockerClient, ignoring, renamed, renamedError, statusOf } from './client';
import { INSTALLATION_LABEL, labelFilter, OPTIONS_LABEL, writeLabels } from './labels';

/**
 * Makes sure that a bridge network of ours with this name exists. Safe to call from several processes at once: Docker
 * checks names without a lock, so two networks of one name can come to be, and all but the oldest are removed. One that
 * was made with other options, by another Gantry, is made anew as soon as there is no container on it.
 */
export async function ensureNetwork(
  client: DockerClient,
  name: string,
  installation: string,
  options: NetworkOptions = {},
): Promise<AddressRange> {
  const known = await findNetwork(client, name, installation);
  if (known !== undefined && hasOptions(known, options)) return rangeOf(known);
  // Whoever else wants it waits: it must not be removed again from under a container that is about to enter it.
  return withBuildLock(
    `network-${name}`,
    () => undefined,
    async () => {
      const there = await findNetwork(client, name, installation);
      if (there !== undefined) {
        if (hasOptions(there, options) || !(await removeFree(client, there))) return rangeOf(there);
      }
      await renamed(client, `make the network ${name}`, createNetwork(client, name, installation, undefined, options));
      return rangeThere(client, name, installation);
    },
  );
}

/** @returns false, and leaves it, while a container is on it, also one that does not run */
async function removeFree(client: DockerClient, { Id, Name }: Docker.NetworkInspectInfo): Promise<boolean> {
  const filters = JSON.stringify({ network: [Name] });
  const doing = `look for containers on the network ${Name}`;
  const on = await renamed(client, doing, client.calls.listContainers({ all: true, filters }));
  if (on.length > 0) return false;
  try {
    await ignoring([404], client.calls.getNetwork(Id).remove());
    return true;
  } catch (error) {
    // A container has entered it just now.
    if (statusOf(error) === 403 || statusOf(error) === 409) return false;
    throw renamedError(client, `remove the network ${Name}`, error);
  }
}

/**
 * The networks in which the instances of one stage find other apps by name. Docker takes a new name only when the gateway
 * enters, so there are two: while it leaves the one and enters it again, the other one answers.
 */
export const stageNetworks = (network: string, stage: string): readonly [string, string] => [
  `${network}-stage-${stage}-1`,
  `${network}-stage-${stage}-2`,
];

const isStageNetwork = (name: string): boolean => /^gantry-.*-stage-.*-[12]$/.test(name);

/** The stage that a network of this name is for, in the installation with this network; undefined for any other one. */
export function stageOfNetwork(network: string, name: string): string | undefined {
  const stage = name.startsWith(`${network}-stage-`) ? name.slice(`${network}-stage-`.length, -2) : '';
  return stage !== '' && stageNetworks(network, stage).includes(name) ? stage : undefined;
}

/**
 * The same as `ensureNetwork` for a network of a stage, in which one address is kept free for the gateway (`last`).
 * Docker keeps an address only in a range that it was told, so it is asked for a free range first, and then told that
 * one.
 */
export async function ensureStageNetwork(
  client: DockerClient,
  name: string,
  installation: string,
): Promise<AddressRange> {
  const known = await findNetwork(client, name, installation);
  if (known !== undefined) return rangeOf(known);
  // Instances of a first release start side by side: one network of each name, and each range looked for after the last.
  return withBuildLock(
    `stage-networks-${installation}`,
    () => undefined,
    () => createStageNetwork(client, name, installation),
  );
}

async function createStageNetwork(client: DockerClient, name: string, installation: string): Promise<AddressRange> {
  for (let attempt = 1; ; attempt++) {
    const known = await findNetwork(client, name, installation);
    if (known !== undefined) return rangeOf(known);
    const [spare] = attempt <= SPARE_ATTEMPTS ? (await spareParts(client, installation)).slice(attempt - 1) : [];
    const [range] = spare === undefined ? partsOf((await freeRange(client, name, installation)).subnet) : [spare];
    try {
      await createNetwork(client, name, installation, range);
    } catch (error) {
      // Somebody was faster with this very range.
      if (attempt >= RANGE_ATTEMPTS) throw renamedError(client, `make the network ${name}`, error);
    }
  }
}

const SPARE_ATTEMPTS = 3;
const RANGE_ATTEMPTS = 6;

/** Docker has few ranges, and all of these networks together fill one: what is left of it, first part first. */
async function spareParts(client: DockerClient, installation: string): Promise<AddressRange[]> {
  const listed = await renamed(
    client,
    'list networks',
    client.calls.listNetworks({ filters: labelFilter(installation) }),
  );
  const taken = listed.filter(({ Name }) => isStageNetwork(Name)).map((network) => rangeOf(network).subnet);
  return taken.flatMap(siblingsOf).filter(({ subnet }) => !taken.includes(subnet));
}

/** A range that Docker would take next: that of a network made to be looked at. Another one may take it meanwhile. */
async function freeRange(client: DockerClient, name: string, installation: string): Promise<AddressRange> {
  const probe = `probe-${randomBytes(4).toString('hex')}-${name}`;
  const range = await ensureNetwork(client, probe, installation);
  await renamed(client, `remove the network ${probe}`, ignoring([404], client.calls.getNetwork(probe).remove()));
  return range;
}

async function rangeThere(client: DockerClient, name: string, installation: string): Promise<AddressRange> {
  const made = await findNetwork(client, name, installation);
  if (made !== undefined) return rangeOf(made);
  throw new StepFailure('world', `the network ${name} was removed while it was made`, 'try again');
}

const rangeOf = ({ IPAM }: Pick<Docker.NetworkInspectInfo, 'IPAM'>): AddressRange =>
  addressRange(IPAM?.Config?.[0]?.Subnet ?? '');

async function findNetwork(
  client: DockerClient,
  name: string,
  installation: string,
): Promise<Docker.NetworkInspectInfo | undefined> {
  const doing = `look for the network ${name}`;
  const info = await renamed(client, doing, ignoring([404], client.calls.getNetwork(name).inspect()));
  if (info === undefined || info.Labels?.[INSTALLATION_LABEL] === installation) return info;
  throw new StepFailure(
    'world',
    `a network named ${name} exists that this installation did not make, so it is left alone`,
    `rename or remove it ("docker network rm ${name}")`,
  );
}

async function createNetwork(
  client: DockerClient,
  name: string,
  installation: string,
  range?: AddressRange,
  options: NetworkOptions = {},
): Promise<void> {
  const label = optionsLabel(options);
  const config = range === undefined ? [] : [{ Subnet: range.subnet, IPRange: range.dynamic, Gateway: range.first }];
  try {
    await client.calls.createNetwork({
      Name: name,
      Driver: 'bridge',
      CheckDuplicate: true,
      Labels: {
        ...writeLabels(installation, { app: '', role: 'network' }),
        ...(label === undefined ? {} : { [OPTIONS_LABEL]: label }),
      },
      IPAM: { Config: config },
      Options: options,
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
