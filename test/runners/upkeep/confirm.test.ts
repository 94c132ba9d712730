import { expect } from 'chai';
import { verifyAudit } from '../../../engine/audit/verify';
import { AuditWatch } from '../../../engine/audit/watch';
import { routeOf } from '../../../engine/environments/find';
import { messageOf } from '../../../engine/model/errors';
import { makeWorld } from '../../../runners/make-world';
import { confirm, confirmRecords } from '../../../runners/upkeep/confirm';
import { runnerSettings } from '../../../settings';
import { memoryAnchors, tamper } from '../../engine/audit/support';
import { onPostgres } from '../../support/engine';
import { type House, makeHouse } from '../../support/house';
import { databaseOfFolder } from '../../support/postgres';

const FILES = {
  'gantry.yml':
    'app: shop\nserve: { image: { dockerfile: Dockerfile }, port: 8080, health: { path: /health, within: 5s } }\n' +
    'stages: { production: { keepWarm: 1h } }\n',
  Dockerfile: 'FROM gantry/node\n',
};

describe('restored records that are confirmed', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse({ hasty: true });
    await house.engine.apps.create('shop', 'user:ada');
    await house.through('shop', await house.push('shop', FILES));
    await house.engine.holds.begin('restore', { reason: 'they came back', since: 1, forMs: null });
  });
  afterEach(() => house.close());

  it('count with their anchors, also when the confirmation was cut off in between and is said again', async () => {
    const anchors = memoryAnchors();
    await new AuditWatch(house.engine.parts, anchors).turn();
    await tamper(house.engine, [`delete from audit where seq = (select max(seq) from audit where chain = 'shop')`]);
    const confirmed = () => confirmRecords(house.engine, { ...house.world, anchors }, 'user:ada').then(held, messageOf);
    const held = async () => (await house.engine.holds.list()).map(({ name }) => name);
    const isWhole = async () => (await verifyAudit(house.engine.parts, { anchors })).ok;
    expect(await isWhole()).to.equal(false);

    const { append } = anchors;
    anchors.append = () => Promise.reject(new Error('the disk is away'));
    expect([await confirmed(), await held()]).to.deep.equal(['the disk is away', ['restore']]);
    anchors.append = append;
    const { confirmRestore } = house.engine.holds;
    house.engine.holds.confirmRestore = () => Promise.reject(new Error('killed'));
    expect([await confirmed(), await held()]).to.deep.equal(['killed', ['restore']]);
    house.engine.holds.confirmRestore = confirmRestore;
    expect([await confirmed(), await isWhole()]).to.deep.equal([[], true]);
  });

  it('are above what the gateway follows, also on the dummy, whose world is older than its runner', async () => {
    const url = onPostgres ? { GANTRY_DATABASE_URL: await databaseOfFolder(house.folder) } : {};
    const settings = runnerSettings({ GANTRY_HOME: house.folder, GANTRY_DUMMY: '1', ...url });
    const { bytes, kept } = house.world;
    const { gateway } = makeWorld(settings, house.world.installation, { bytes, kept });
    await gateway.start();
    const [before] = await house.engine.environments.list();
    if (before === undefined) throw new Error('the first release has no environment');
    await gateway.route({ ...routeOf(before), version: before.version + 7 });
    const words = { file: '', replace: false, within: 0, actor: 'ada', progress: () => undefined };
    const { differences } = await confirm(settings, words);
    expect(differences.map(({ about }) => about)).to.deep.equal(['instance', 'traffic']);
    expect((await house.engine.environments.find(before.id)).version).to.equal(before.version + 8);
  });
});
