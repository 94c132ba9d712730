import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workshop } from './bench';
import type { House, Run } from './house';
import { STAGES, withComment } from './ledger';
import { Repository } from './repository';

export const EAR_APP = 'clearing';
/** The servers that an EAR runs on, slowest to fetch last. */
export const EAR_SERVERS = ['tomee', 'open-liberty', 'wildfly'] as const;
/** Maven may have to fetch its libraries first, and Gantry the server. */
const FIRST_MS = 15 * 60_000;
const RELEASE_MS = 180_000;

/** The fixture EAR as it was built once; each release of it has bytes of its own. */
export class Clearing {
  private releases = 1;

  private constructor(
    private readonly house: House,
    private readonly folder: string,
    private readonly serve: string,
    private readonly ear: Buffer,
  ) {}

  /** Builds it once by Maven, through Gantry, as release 1. */
  static async start(house: House, { folder, settings }: Workshop): Promise<Clearing> {
    const clone = join(folder, EAR_APP);
    const repository = new Repository(clone, settings.environment);
    cpSync(join(settings.root, 'fixtures', 'apps', EAR_APP), clone, { recursive: true });
    const whole = readFileSync(join(clone, 'gantry.yml'), 'utf8');
    const head = whole.slice(0, whole.indexOf('stages:'));
    await repository.create();
    repository.write({
      'gantry.yml': head + STAGES.replaceAll('/version', '/board/version').replace('ledger', EAR_APP),
    });
    await repository.commit('built by Maven');
    const artifacts = join(house.home, 'artifacts');
    const before = filesIn(artifacts);
    await house.cli('app', 'create', EAR_APP);
    await repository.push(house.remote(EAR_APP), 'main');
    await house.untilSucceeded(EAR_APP, 1, { everyMs: 500, limitMs: FIRST_MS });
    const [made] = filesIn(artifacts)
      .filter((path) => !before.includes(path))
      .map((path) => readFileSync(path))
      .filter((bytes) => bytes.toString('latin1', 0, 2) === 'PK');
    if (made === undefined) throw new Error(`the first release of ${EAR_APP} left no EAR in ${artifacts}`);
    return new Clearing(house, folder, head.slice(head.indexOf('serve:')), made);
  }

  /** Gives it as a release for this server. @returns the number of its run */
  async give(server: string): Promise<number> {
    this.releases += 1;
    const pipeline = `app: ${EAR_APP}
build: { artifact: { in: gantry/debian, run: "true", take: "*.ear" } }
${this.serve.replace('gantry/tomee', `gantry/${server}`)}${STAGES.replaceAll('/version', '/board/version').replace('ledger', EAR_APP)}`;
    const [file, yaml] = [join(this.folder, `${EAR_APP}.ear`), join(this.folder, `${EAR_APP}.yml`)];
    writeFileSync(yaml, pipeline);
    writeFileSync(file, withComment(this.ear, `release ${this.releases}`));
    await this.house.cli('release', 'create', EAR_APP, '--ear', file, '--pipeline', yaml);
    return this.releases;
  }

  ended(run: number): Promise<Run> {
    return this.house.untilSucceeded(EAR_APP, run, { everyMs: 250, limitMs: RELEASE_MS });
  }
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
