import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { madeTwice, standing, WorldJournal } from '../../../bench/support/faults/journal';
import { BY_IMAGE, push } from '../../../bench/support/faults/matrix/histories';
import { drive, mainIn, runnerIn } from '../../../bench/support/faults/matrix/runners';
import { openWorkplace } from '../../../bench/support/faults/matrix/workplace';
import { Records } from '../../../bench/support/faults/outcomes';
import { until } from '../../web/support/until';
import { type MatrixScene, matrixScene } from './place';

const LIMIT_MS = 120_000;
const STEP = 'build-image';

describe('a runner whose event loop stands still', () => {
  let scene: MatrixScene;
  before(async function () {
    this.timeout(LIMIT_MS);
    scene = await matrixScene();
  });
  after(async function () {
    this.timeout(LIMIT_MS);
    await scene.remove();
  });

  it('loses its step to another one, learns of it, and does nothing twice [F6]', async () => {
    const template = await scene.templates.of(BY_IMAGE);
    const workplace = await openWorkplace(await scene.templates.copy(template, 'house'), scene.place.redisUrl);
    const { home, engine } = workplace;
    const records = new Records(home);
    const file = join(__dirname, 'blocked-runner');
    const goOn = join(scene.place.folder, 'go-on');
    const blocked = mainIn(scene.place, home, { name: 'blocked', file, words: [STEP, goOn] });
    const other = runnerIn(scene.place, home, 'other');
    try {
      const run = await push(engine, template.next);
      const step = `from steps s join runs r on r.id = s.run_id where r.number = ${run} and s.name = '${STEP}'`;
      await blocked.start();
      await until(() => records.count(`select count(*) as n ${step} and s.state = 'running'`) === 1);
      await other.start();
      expect(await drive(workplace, run)).to.equal('succeeded');
      expect(records.count(`select s.epoch as n ${step}`), 'it was taken over').to.equal(2);
      await writeFile(goOn, '');
      await until(async () =>
        /the lease of the step was lost/.test(await readFile(`${scene.place.folder}/blocked.log`, 'utf8')),
      );
      const entries = new WorldJournal(home).read();
      expect(madeTwice(entries)).to.deep.equal([]);
      expect(standing(entries).sort()).to.deep.equal(records.instances().sort());
    } finally {
      records.close();
      await workplace.close();
    }
  }).timeout(LIMIT_MS);
});
