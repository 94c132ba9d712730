import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { madeTwice, standing, WorldJournal } from '../../../bench/support/faults/journal';
import { BY_IMAGE, push } from '../../../bench/support/faults/matrix/histories';
import { drive, type MatrixPlace, mainIn, runnerIn } from '../../../bench/support/faults/matrix/runners';
import { Templates } from '../../../bench/support/faults/matrix/templates';
import { openWorkplace } from '../../../bench/support/faults/matrix/workplace';
import { Records } from '../../../bench/support/faults/outcomes';
import { bareRedis } from '../../../bench/support/faults/redis';
import { until } from '../../web/support/until';
import { faultPlace } from './place';

const LIMIT_MS = 120_000;
const STEP = 'build-image';

describe('a runner whose event loop stands still', () => {
  let place: MatrixPlace & ReturnType<typeof faultPlace>;
  let templates: Templates;
  before(async function () {
    this.timeout(LIMIT_MS);
    const made = faultPlace();
    place = { ...made, redisUrl: await bareRedis(made) };
    templates = new Templates(place);
  });
  after(async function () {
    this.timeout(LIMIT_MS);
    await place.remove();
  });

  it('loses its step to another one, learns of it, and does nothing twice [F6]', async () => {
    const template = await templates.of(BY_IMAGE);
    const workplace = await openWorkplace(await templates.copy(template, 'house'), place.redisUrl);
    const { home, engine } = workplace;
    const records = new Records(home);
    const file = join(__dirname, 'blocked-runner');
    const goOn = join(place.folder, 'go-on');
    const blocked = mainIn(place, home, { name: 'blocked', file, words: [STEP, goOn] });
    const other = runnerIn(place, home, 'other');
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
        /the lease of the step was lost/.test(await readFile(`${place.folder}/blocked.log`, 'utf8')),
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
