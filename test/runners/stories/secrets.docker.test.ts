import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { ENCODINGS } from '../../../engine/secrets/encodings';
import { eachEntry } from '../../../runners/docker/tar-entries';
import { type House, makeHouse } from '../../support/house';
import { requireDocker } from '../../support/skips';
import { type DockerPlace, dockerPlace } from '../docker/harness';

const secretOf = (what: string): string => `${what}/"${randomBytes(12).toString('base64url')}" & it's ${what}`;
const TOKEN = secretOf('token');
const TESTED = secretOf('tested');
const REAL = secretOf('real');

/** A build that means well and prints what it must not, in every way that comes to its mind. */
const CARELESS = [
  'set -e; f=/run/secrets/NPM_TOKEN; v=$(cat $f)',
  'echo "token: $v"; cat $f; echo; base64 $f; printf "u:%s@h" "$v" | base64 -w0; echo; base64 -w0 $f | base64 -w0; echo',
  'base64 -w7 $f; od -An -v -tx1 $f; od -An -v -tx1 $f | tr -d " \\n"; echo; rev $f; echo',
  'printf "%s" "$v" | head -c 9; sleep 0.1; printf "%s" "$v" | tail -c +10; echo; set -x; : "$v"; ls /nowhere/"$v" || true',
].join('; ');

const SERVER = `
const { readFileSync } = require('node:fs');
const { createHash } = require('node:crypto');
const value = readFileSync('/run/secrets/DB_PASSWORD', 'utf8');
console.log('connecting with ' + value, JSON.stringify({ value }), encodeURIComponent(value));
if (process.env.BROKEN) { console.error('refused: ' + Buffer.from(value).toString('base64')); process.exit(3); }
const digest = createHash('sha256').update(value).digest('hex');
require('node:http').createServer((_, answer) => answer.end(digest)).listen(8080);
`;
const files = (broken = ''): Record<string, string> => ({
  Dockerfile: 'FROM gantry/node\nCOPY server.js /server.js\nUSER 10001:10001\nCMD ["node", "/server.js"]\n',
  'server.js': SERVER,
  'gantry.yml': `app: shop
build:
  commands: [{ name: careless, in: gantry/debian, run: ${JSON.stringify(CARELESS)}, secrets: [NPM_TOKEN] }]
serve:
  image: {}
  port: 8080
  health: { path: /, within: 30s }
  env: { ${broken === '' ? '' : 'BROKEN: "1"'} }
  secrets: [DB_PASSWORD]
stages:
  test: {}
  production: { approve: { role: release-manager }, keepWarm: 0s }
`,
});

describe('secrets of a pipeline, from the build to production', () => {
  let place: DockerPlace;
  let house: House;

  before(function () {
    requireDocker(this);
  });

  beforeEach(async () => {
    place = await dockerPlace();
    const { cluster, builder } = place;
    const change = (dummy: House['world']) => ({ ...dummy, installation: place.installation, cluster, builder });
    house = await makeHouse({
      hasty: true,
      patienceMs: 90_000,
      change: (dummy) => change(dummy as House['world']) as never,
    });
    await house.engine.apps.create('shop', 'user:ada');
    const set = (name: string, environment: string, value: string) =>
      house.engine.secrets.set({ app: 'shop', name, environment, value: Buffer.from(value) }, 'user:ada');
    await set('NPM_TOKEN', '', TOKEN);
    await set('DB_PASSWORD', '', TESTED);
    await set('DB_PASSWORD', 'production', REAL);
  });

  afterEach(async () => {
    await house.close();
    await place.remove();
  });

  /** Every file of Gantry's data folder in which a value is, in any encoding that is known. */
  async function foundIn(folder: string): Promise<string[]> {
    const found: string[] = [];
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((one) => one.isFile())) {
      const bytes = await readFile(join(entry.parentPath, entry.name));
      const packed = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
      const flat = Buffer.from(packed.filter((byte) => byte !== 0x0a && byte !== 0x0d));
      for (const value of [TOKEN, TESTED, REAL]) {
        for (const { name, of } of ENCODINGS) {
          const texts = of(Buffer.from(value)).map((text) => Buffer.from(text as string));
          if (texts.some((text) => flat.includes(text))) found.push(`${entry.name}: ${value.slice(0, 6)} as ${name}`);
        }
      }
    }
    return found;
  }

  /** What instances of an environment have in their file. */
  async function heldBy(environment: string): Promise<string[]> {
    const instances = await place.cluster.listInstances();
    const there = instances.filter(({ labels, running }) => labels.environment === environment && running);
    return Promise.all(
      there.map(async ({ id }) => {
        const archive = await place.docker.getContainer(id).getArchive({ path: '/run/secrets/DB_PASSWORD' });
        let text = '';
        await eachEntry(archive, async (_, content) => {
          for await (const piece of content) text += String(piece);
        });
        return text;
      }),
    );
  }

  const logs = async (run: number): Promise<string> => {
    const { row, steps } = await house.engine.runs.find('shop', run);
    const read = (id: string) => house.engine.parts.logs.read(row.id, id, 0, 1_000_000);
    return Buffer.concat(await Promise.all(steps.map(({ id }) => read(id)))).toString('utf8');
  };

  it('of production are there again after a cold rollback, since its release was agreed to', async function () {
    this.timeout(240_000);
    for (const version of ['1', '2']) {
      const { row } = await house.through('shop', await house.push('shop', { ...files(), version }));
      expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    }
    const { run } = await house.engine.runs.rollback({ app: 'shop', reason: '', to: 1 }, 'user:ada');
    house.worker.wake();
    const { row } = await house.through('shop', run);
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    expect(await heldBy('production')).to.include(REAL);
  });

  it('reach what is meant to have them, and nothing that is kept [S20]', async function () {
    this.timeout(240_000);
    const run = await house.push('shop', files());
    const { row } = await house.through('shop', run);
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    expect(await heldBy('test')).to.deep.equal([TESTED]);
    expect(await heldBy('production')).to.deep.equal([REAL]);
    const text = await logs(run);
    expect(text.match(/\*\*\*/g)?.length).to.be.at.least(10);
    expect(text).to.contain('token: ***').and.to.contain('/nowhere/');

    const broken = await house.push('shop', files('broken'));
    const failed = await house.through('shop', broken);
    expect(failed.row.state).to.equal('failed');
    const shown = await house.engine.runs.show('shop', broken);
    expect(JSON.stringify(shown)).to.contain('connecting with ***').and.to.contain('refused: ***');
    for (const value of [TOKEN, TESTED, REAL]) {
      expect(JSON.stringify([shown, await logs(broken), text])).to.not.contain(JSON.stringify(value).slice(1, -1));
    }
    expect(await foundIn(house.folder)).to.deep.equal([]);
  });
});
