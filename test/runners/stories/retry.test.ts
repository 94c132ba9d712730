import { expect } from 'chai';
import { StepFailure } from '../../../engine/model/errors';
import type { World } from '../../../runners/world';
import { type House, makeHouse } from '../../support/house';

const pipeline = (retry: string) => `app: shop
build:
  commands: [{ name: unit, run: npm test, env: { DUMMY_EXIT: "75" }${retry} }]
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 5s }
stages: { production: {} }
`;
const files = (retry: string) => ({ Dockerfile: 'FROM gantry/node\n', 'gantry.yml': pipeline(retry) });

describe('a step that its pipeline wants tried again', () => {
  let house: House;
  /** Images are not made so often. */
  let sick = 0;
  const ailing = (world: World): World => {
    const buildImage = world.builder.buildImage.bind(world.builder);
    world.builder.buildImage = async (request) => {
      if (sick-- > 0) throw new StepFailure('world', 'Docker does not answer');
      return buildImage(request);
    };
    return world;
  };
  beforeEach(async () => {
    sick = 0;
    house = await makeHouse({ change: ailing, hasty: true, patienceMs: 30_000 });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  async function unit(retry: string) {
    const { row, steps } = await house.through('shop', await house.push('shop', files(retry)));
    const step = steps.find(({ name }) => name === 'command/unit');
    if (step === undefined) throw new Error('there is no such step');
    const log = (await house.engine.parts.logs.read(row.id, step.id, 0, 100_000)).toString();
    return { state: row.state, retries: step.retries, reason: step.reason, log };
  }

  it('is tried again as often as it says, and the log tells it each time', async () => {
    const { state, retries, reason, log } = await unit(', retry: { times: 2, backOff: 0s, on: [75] }');
    expect([state, retries]).to.deep.equal(['failed', 2]);
    expect(reason).to.include('ended with exit code 75');
    const told = [...log.matchAll(/tried again in 0 s \((\d) of 2\)/g)].map(([, which]) => which);
    expect(told).to.deep.equal(['1', '2']);
  });

  it('fails at once with another exit code, and where nothing is said', async () => {
    expect(await unit(', retry: { times: 2, backOff: 0s, on: [1] }')).to.include({ state: 'failed', retries: 0 });
    expect(await unit('')).to.include({ state: 'failed', retries: 0 });
  });

  it('is tried again by itself when something around it failed', async () => {
    sick = 2;
    const fine = files('')['gantry.yml'].replace('"75"', '"0"');
    const { row, steps } = await house.through('shop', await house.push('shop', { ...files(''), 'gantry.yml': fine }));
    expect(row.state).to.equal('succeeded');
    expect(steps.find(({ name }) => name === 'build-image')?.retries).to.equal(2);
  });
});
