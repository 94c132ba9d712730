import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workshop } from './bench';
import type { House, Run } from './house';
import { Repository } from './repository';

export const APP = 'ledger';
/** Maven may have to fetch its libraries first. */
const FIRST_MS = 10 * 60_000;
const RELEASE_MS = 120_000;

/** Every release is injected in test and delivered as an image to production; nobody is asked. */
export const STAGES = `stages:
  test:
    deliver: inject
    verify: [{ http: { path: /version, status: 200, contains: ledger } }]
  production: { deliver: image, keepWarm: 0s }
`;
/** From the second release on: the WAR is there already, so that only its way to test is measured. */
const READY_BUILD = `build:
  artifact:
    in: gantry/debian
    run: "true"
    take: app.war
`;

/** The fixture app as a developer has it, with the WAR that Maven made of it. */
export class Ledger {
  private constructor(
    private readonly repository: Repository,
    private readonly remote: string,
    private readonly pipeline: string,
    private readonly house: House,
    readonly war: Buffer,
  ) {}

  /** Builds it once by Maven, through Gantry, as release 1. */
  static async start(house: House, { folder, settings }: Workshop): Promise<Ledger> {
    const clone = join(folder, APP);
    const repository = new Repository(clone, settings.environment);
    cpSync(join(settings.root, 'fixtures', 'apps', APP), clone, { recursive: true });
    const whole = readFileSync(join(clone, 'gantry.yml'), 'utf8');
    const head = whole.slice(0, whole.indexOf('stages:'));
    await repository.create();
    repository.write({ 'gantry.yml': head + STAGES });
    await repository.commit('built by Maven');
    await house.cli('app', 'create', APP);
    await repository.push(house.remote(APP), 'main');
    await house.untilSucceeded(APP, 1, { everyMs: 500, limitMs: FIRST_MS });
    const serve = head.slice(head.indexOf('serve:'));
    const pipeline = `app: ${APP}\n${READY_BUILD}${serve}${STAGES}`;
    return new Ledger(repository, house.remote(APP), pipeline, house, warIn(join(house.home, 'artifacts')));
  }

  /** Pushes the WAR as new bytes. @returns the number of the run */
  async push(index: number): Promise<number> {
    this.repository.write({ 'gantry.yml': this.pipeline });
    writeFileSync(join(this.repository.folder, 'app.war'), withComment(this.war, `release ${index}`));
    await this.repository.commit(`release ${index}`);
    await this.repository.push(this.remote, 'main');
    const { items } = await this.house.call<{ items: { number: number }[] }>('GET', `/apps/${APP}/runs`);
    return Math.max(...items.map(({ number }) => number));
  }

  ended(run: number): Promise<Run> {
    return this.house.untilSucceeded(APP, run, { everyMs: 250, limitMs: RELEASE_MS });
  }
}

/** The largest file that the first release left: its WAR. */
function warIn(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  const [largest] = paths.sort((a, b) => statSync(b).size - statSync(a).size);
  if (largest === undefined) throw new Error(`the first release left no bytes in ${folder}`);
  return readFileSync(largest);
}

/** A ZIP's last field is the length of the comment that follows it. */
const COMMENT_LENGTH_BYTES = 2;

/** The same archive with other bytes, and so with another digest. */
export function withComment(zip: Buffer, comment: string): Buffer {
  const whole = Buffer.concat([zip, Buffer.from(comment)]);
  whole.writeUInt16LE(Buffer.byteLength(comment), zip.length - COMMENT_LENGTH_BYTES);
  return whole;
}
