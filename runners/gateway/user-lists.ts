import type { UserList } from '../../engine/ports/gateway';
import type { GatewayFiles } from './gateway-files';
import { INSIDE } from './paths';
import type { RuntimeApi } from './runtime-api';
import { RuntimeMap } from './runtime-map';

const FILE = 'users.map';

/**
 * The users that rules let in: one entry for each user of each list, `LIST.USER` in hex. A list never changes, so it is
 * there or it is not, and a route that names it can be switched by one write. Callers hold the routes' lock.
 */
export class UserLists {
  private readonly map: RuntimeMap;

  constructor(
    api: RuntimeApi,
    private readonly files: GatewayFiles,
  ) {
    this.map = new RuntimeMap(api, INSIDE.users);
  }

  /** HAProxy does not start without the file of a map. */
  async ensureFile(): Promise<void> {
    await this.files.write(FILE, await this.files.read(FILE));
  }

  /** Makes the list known. Nothing when it is. */
  async keep(list: UserList): Promise<void> {
    const entries = entriesOf(list);
    const lines = await this.files.read(FILE);
    if (linesOf(entries) === linesOf(entriesIn(lines).filter(([key]) => isIn(list.id, key)))) return;
    await this.map.deleteAll(await this.keysOf(list.id));
    await this.map.addAll(entries);
    const others = entriesIn(lines).filter(([key]) => !isIn(list.id, key));
    await this.files.write(FILE, linesOf([...others, ...entries]));
  }

  /**
   * Adds what these lists lack, in the process and in the file. Returns a sentence for what was missing, and what
   * forgets all other lists: to be called when no route names them any more.
   */
  async mend(
    lists: readonly UserList[],
  ): Promise<{ sentences: string[]; forgetOthers: (named: Set<string>) => Promise<void> }> {
    const wanted = new Map(lists.flatMap(entriesOf));
    const running = await this.map.entries();
    const missing = [...wanted].filter(([key]) => !running.has(key));
    await this.map.addAll(missing);
    const lines = entriesIn(await this.files.read(FILE));
    const file = new Map([...lines, ...wanted]);
    const isWhole = file.size === lines.length;
    if (!isWhole) await this.files.write(FILE, linesOf([...file]));
    const forgetOthers = async (named: Set<string>) => {
      const isExtra = (key: string) => !named.has(listOf(key));
      await this.map.deleteAll([...running.keys()].filter(isExtra));
      const kept = [...file].filter(([key]) => !isExtra(key));
      if (kept.length < file.size) await this.files.write(FILE, linesOf(kept));
    };
    const added = missing.length > 0 ? `${missing.length} users of gray rules were missing: they were added` : '';
    const written = isWhole ? '' : "the gateway's file lacked users of gray rules: it was written again";
    return { sentences: [added || written].filter(Boolean), forgetOthers };
  }

  private async keysOf(list: string): Promise<string[]> {
    return [...(await this.map.entries()).keys()].filter((key) => isIn(list, key));
  }
}

type Entry = readonly [key: string, value: string];

const entriesOf = ({ id, names }: UserList): Entry[] =>
  names.map((name) => [`${id}.${Buffer.from(name).toString('hex').toUpperCase()}`, '1']);

const listOf = (key: string): string => key.split('.')[0] ?? '';
const isIn = (list: string, key: string): boolean => listOf(key) === list;

const linesOf = (entries: readonly Entry[]): string =>
  entries
    .map(([key, value]) => `${key} ${value}\n`)
    .sort()
    .join('');

const entriesIn = (text: string): Entry[] =>
  text.split('\n').flatMap((line): Entry[] => {
    const [key, value] = line.split(' ');
    return key !== undefined && value !== undefined ? [[key, value]] : [];
  });
