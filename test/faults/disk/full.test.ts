import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { isFinalRun } from '../../../engine/model/states';
import { anchorFile } from '../../../engine/store/anchor-file';
import { fileBytes } from '../../../engine/store/bytes';
import type { Web } from '../../../web/start';
import { onPostgres } from '../../support/engine';
import { type House, makeHouse } from '../../support/house';
import { skipBecause } from '../../support/skips';
import { startHouseWeb } from '../../web/support/house';
import { until } from '../../web/support/until';
import { type SmallDisk, smallDisk } from './small-disk';

const PIPELINE = `app: shop
build:
  commands:
    - { name: slow, in: gantry/node, run: "true", env: { DUMMY_SLEEP_MS: "400" } }
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 5s }
stages:
  production: {}
`;

describe('a disk that is full', function () {
  this.timeout(60_000);
  let disk: SmallDisk;
  beforeEach(function () {
    disk = smallDisk(this, 24);
  });
  afterEach(() => disk.remove());

  describe('under all of Gantry', () => {
    let house: House;
    let web: Web;
    let token: string;
    beforeEach(async function () {
      if (onPostgres) skipBecause(this, 'is about the database file');
      // The house makes its folder where temporary files go.
      const { TMPDIR } = process.env;
      process.env.TMPDIR = disk.folder;
      house = await makeHouse();
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
      web = await startHouseWeb(house.engine, house.folder, 'small');
      token = (await house.engine.users.first('owner'))?.token ?? '';
      await house.engine.apps.create('shop', 'user:ada');
    });
    afterEach(async () => {
      await web.stop();
      await house.close();
    });

    const create = (name: string) =>
      fetch(`${web.url}/api/v1/apps`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name }),
      });
    const state = async (run: number) => (await house.engine.runs.find('shop', run)).row.state;

    it('refuses what is new, says why, keeps every answer that it gave, and accepts again when it has room [F16]', async () => {
      const accepted = ['shop'];
      disk.fill();
      let answer = await create('app-0');
      while (answer.status === 201 && accepted.length < 50) {
        accepted.push(`app-${accepted.length - 1}`);
        answer = await create(`app-${accepted.length - 1}`);
      }
      expect(answer.status).to.equal(503);
      expect(answer.headers.get('retry-after')).to.match(/^\d+$/);
      expect(((await answer.json()) as { error: { code: string } }).error.code).to.equal('database-full');
      const health = await fetch(`${web.url}/health/ready`);
      expect(health.status).to.equal(503);
      expect((await house.engine.apps.list()).map(({ name }) => name)).to.have.members(accepted);
      disk.makeRoom();
      expect((await create('late')).status).to.equal(201);
      const copy = new Database(join(house.folder, 'gantry.db'), { readonly: true });
      expect(copy.pragma('integrity_check', { simple: true })).to.equal('ok');
      copy.close();
    });

    it('parks the run that is under way, which goes on when it has room [F16]', async () => {
      const run = await house.push('shop', { Dockerfile: 'FROM gantry/node\n', 'gantry.yml': PIPELINE });
      await until(async () =>
        (await house.engine.runs.find('shop', run)).steps.some(
          (s) => s.state === 'running' && s.name === 'command/slow',
        ),
      );
      disk.fill();
      for (let i = 0; (await create(`other-${i}`)).status !== 503; i++) expect(i).to.be.lessThan(50);
      await new Promise((resolve) => setTimeout(resolve, 1_000)); // the step ends, and its end cannot be stored
      expect(await state(run)).to.equal('running');
      disk.makeRoom();
      await until(async () => isFinalRun(await state(run)));
      expect(await state(run)).to.equal('succeeded');
    });
  });

  it('leaves no half line among the anchors, which would be an alarm for good [F16]', async () => {
    const anchors = anchorFile(join(disk.folder, 'anchors', 'heads.jsonl'));
    await anchors.append('x'.repeat(4_000));
    disk.fill();
    const error = await anchors.append('y'.repeat(4_000)).catch((e: Error) => e);
    expect(String(error)).to.include('ENOSPC');
    expect(await anchors.size()).to.equal(4_001);
    disk.makeRoom();
    await anchors.append('z');
    expect(await anchors.size()).to.equal(4_003);
  });

  it('leaves nothing of an artifact that did not fit [F41]', async () => {
    const folder = join(disk.folder, 'artifacts');
    const bytes = fileBytes(folder, () => 'incoming-1');
    disk.fill(1_000_000);
    const error = await bytes.put(Readable.from([Buffer.alloc(2_000_000)]), 10_000_000).catch((e: Error) => e);
    expect(String(error)).to.include('ENOSPC');
    expect(readdirSync(join(folder, 'incoming'))).to.deep.equal([]);
    expect(existsSync(join(folder, 'sha256'))).to.equal(false);
  });
});
