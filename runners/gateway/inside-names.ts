import type { InsideName } from '../../engine/ports/gateway';
import type { GatewayNetworks } from './containers';
import type { FolderLock } from './folder-lock';
import type { GatewayFiles } from './gateway-files';
import { INSIDE, OUTSIDE } from './paths';
import type { RuntimeApi } from './runtime-api';
import { RuntimeMap } from './runtime-map';

const NAMES_FILE = 'names.map';
const NETWORKS_FILE = 'networks.map';
/** What the map of networks says of one in which nobody has a name. */
const NOWHERE = '-';

/** The name by which instances find an app. */
const insideName = (app: string): string => `${app}.gantry`;

/**
 * What instances may ask for: in the network of a stage, the hosts of that stage, under their own names and under
 * `APP.gantry`. One map says of which stage the asking address is, the other to which host a name leads there.
 */
export class InsideNames {
  private readonly names: RuntimeMap;
  private readonly networks: RuntimeMap;
  /** Entries that this process has seen in force. */
  private readonly known = new Set<string>();

  constructor(
    api: RuntimeApi,
    private readonly files: GatewayFiles,
    private readonly lock: FolderLock,
    private readonly docker: GatewayNetworks,
  ) {
    this.names = new RuntimeMap(api, INSIDE.names);
    this.networks = new RuntimeMap(api, INSIDE.networks);
  }

  /** HAProxy does not start without the file of a map. */
  async ensureFiles(): Promise<void> {
    for (const file of [NAMES_FILE, NETWORKS_FILE]) await this.files.write(file, await this.files.read(file));
  }

  /** Adds names. Nothing, and no question to anybody, when all of them are known. */
  async keep(names: readonly InsideName[]): Promise<void> {
    if (names.flatMap(entriesOf).every(([key, host]) => this.known.has(`${key} ${host}`))) return;
    await this.mend(names);
  }

  /** Brings file, process and networks up to what the file and these names say. Returns what was missing. */
  mend(names: readonly InsideName[]): Promise<string[]> {
    return this.lock.hold(async () => {
      const present = linesIn(await this.files.read(NAMES_FILE));
      const wanted = new Map([...present, ...names.flatMap(entriesOf)]);
      await this.files.write(NAMES_FILE, textOf(wanted));
      await setMissing(this.names, wanted);
      const sentences = await this.joinAll(wanted);
      for (const [key, host] of wanted) this.known.add(`${key} ${host}`);
      return sentences;
    });
  }

  private async joinAll(names: ReadonlyMap<string, string>): Promise<string[]> {
    const { subnet, host } = await this.docker.common();
    const networks = new Map([
      [subnet, NOWHERE],
      [host, OUTSIDE],
    ]);
    const sentences: string[] = [];
    for (const [stage, aliases] of aliasesByStage(names)) {
      const joined = await this.docker.join(stage, aliases);
      for (const range of joined.subnets) networks.set(range, stage);
      if (joined.changed) sentences.push(`instances in ${stage} find ${aliases.join(', ')}`);
    }
    await this.files.write(NETWORKS_FILE, textOf(networks));
    await setMissing(this.networks, networks);
    return sentences;
  }
}

function entriesOf({ stage, app, host }: InsideName): [string, string][] {
  return [
    [`${stage}/${insideName(app)}`, host],
    [`${stage}/${host}`, host],
  ];
}

function aliasesByStage(names: ReadonlyMap<string, string>): Map<string, string[]> {
  const stages = new Map<string, string[]>();
  for (const key of names.keys()) {
    const [stage = '', name = ''] = key.split('/');
    if (name.endsWith(insideName(''))) stages.set(stage, [...(stages.get(stage) ?? []), name]);
  }
  return stages;
}

async function setMissing(map: RuntimeMap, wanted: ReadonlyMap<string, string>): Promise<void> {
  const running = await map.entries();
  for (const [key, value] of wanted) if (running.get(key) !== value) await map.set(key, value);
}

const textOf = (entries: ReadonlyMap<string, string>): string =>
  [...entries]
    .map(([key, value]) => `${key} ${value}\n`)
    .sort()
    .join('');

function linesIn(text: string): Map<string, string> {
  const lines = text.split('\n').map((line) => line.split(' '));
  return new Map(lines.flatMap(([key, value]) => (key && value ? [[key, value] as const] : [])));
}
