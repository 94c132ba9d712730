import { expect } from 'chai';
import type { GantryError } from '../../../engine/model/errors';
import { parsePipeline } from '../../../pipelines/parse';
import type { World } from '../../../runners/world';
import { type House, makeHouse } from '../../support/house';

const PIPELINE = `app: shop
on:
  manual:
    parameters:
      region: { type: choice, of: [eu, us] }
      dry-run: boolean
      note: { type: text, max: 40, default: none }
build:
  commands: [{ name: unit, run: npm test, env: { CI: 1 } }]
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 5s }
stages:
  test:
    verify: [{ run: ./smoke.sh }]
  production: {}
`;
const SHOP = { Dockerfile: 'FROM gantry/node\n', 'gantry.yml': PIPELINE };
const MAIN = 'refs/heads/main';

describe('a run that a person starts', function () {
  this.timeout(20_000);
  let house: House;
  /** Each command with the environment that it was given. */
  let commands: [string, Record<string, string>][];
  /** Commands fail as long as it is set. */
  let failing = false;
  const watching = (world: World): World => {
    const runCommand = world.builder.runCommand.bind(world.builder);
    world.builder.runCommand = async (request) => {
      commands.push([request.command, request.env]);
      const end = await runCommand(request);
      return failing ? { ...end, exitCode: 1 } : end;
    };
    return world;
  };
  beforeEach(async () => {
    commands = [];
    failing = false;
    house = await makeHouse({ change: watching, hasty: true });
    await house.engine.apps.create('shop', 'user:ada');
    await house.through('shop', await house.push('shop', SHOP));
    commands = [];
  });
  afterEach(() => house.close());

  const start = async (parameters: Record<string, unknown>, ref = MAIN) => {
    const parsed = parsePipeline(PIPELINE);
    if (!parsed.ok) throw new Error('the pipeline is refused');
    const { row } = await house.engine.runs.find('shop', 1);
    const wanted = { app: 'shop', ref, commit: row.commit, spec: parsed.spec, parameters, reason: 'a try' };
    return house.engine.runs.start(wanted, 'user:ada');
  };
  const refusal = (parameters: Record<string, unknown>, ref?: string): Promise<GantryError> =>
    start(parameters, ref).then(
      () => expect.fail('it was started'),
      (error: GantryError) => error,
    );

  it('gives what was asked for to commands as variables, and to nothing else', async () => {
    const note = '$(touch /tmp/x); `id` "\'';
    const { run } = await start({ region: 'eu', note });
    expect((await house.through('shop', run)).row).to.include({ state: 'succeeded', started_by: 'user:ada' });
    const given = { GANTRY_PARAMETER_REGION: 'eu', GANTRY_PARAMETER_DRY_RUN: 'false', GANTRY_PARAMETER_NOTE: note };
    expect(commands.map(([command]) => command)).to.deep.equal(['npm test', './smoke.sh']);
    for (const [, env] of commands) expect(env).to.include(given);
    expect(commands[0]?.[1]).to.include({ CI: '1' });
  });

  it('shows them, and why it was started, on the run and in the audit', async () => {
    const { run } = await start({ region: 'eu' });
    const values = { region: 'eu', 'dry-run': 'false', note: 'none' };
    const shown = await house.engine.runs.show('shop', run);
    expect(shown).to.deep.include({ parameters: values, cause: 'started by hand: a try', trigger: 'start' });
    const entries = await house.engine.audit.list({ chain: 'shop', run, limit: 100 });
    const created = entries.find(({ action }) => action === 'run.create');
    expect(created?.actor).to.equal('user:ada');
    expect(created?.detail).to.deep.include({ parameters: values });
  });

  it('keeps them through a restart', async () => {
    failing = true;
    const { run } = await start({ region: 'us', 'dry-run': true });
    await house.settled('shop', run);
    failing = false;
    commands = [];
    const again = await house.engine.runs.restart({ app: 'shop', run, reason: '' }, 'user:ada');
    expect((await house.through('shop', again.run)).row.state).to.equal('succeeded');
    for (const [, env] of commands) {
      expect(env).to.include({ GANTRY_PARAMETER_REGION: 'us', GANTRY_PARAMETER_DRY_RUN: 'true' });
    }
    const shown = await house.engine.runs.show('shop', again.run);
    expect(shown.parameters).to.deep.include({ region: 'us', 'dry-run': 'true' });
  });

  it('is refused with values that the pipeline does not ask for, and starts nothing', async () => {
    const error = await refusal({ regoin: 'eu', region: 'uk' });
    expect([error.kind, error.code]).to.deep.equal(['invalid', 'parameters']);
    expect(error.message).to.include('did you mean "region"?').and.include('it must be one of eu, us');
    expect(error.next).to.include('--set region=VALUE --set dry-run=VALUE');
    expect((await refusal({})).message).to.equal('the parameter region is missing: it is one of eu, us');
    const app = await house.engine.apps.find('shop');
    expect(await house.engine.runs.summaries({ appId: app.id, limit: 10 })).to.have.length(1);
  });

  it('is refused for a branch that the pipeline does not want', async () => {
    const error = await refusal({ region: 'eu' }, 'refs/heads/feature');
    expect([error.kind, error.code]).to.deep.equal(['conflict', 'ref-unwanted']);
  });

  it('supersedes nobody and is superseded by nobody', async () => {
    const { run } = await start({ region: 'eu' });
    const next = await house.push('shop', { ...SHOP, more: '1' });
    expect((await house.through('shop', run)).row.state).to.equal('succeeded');
    expect((await house.through('shop', next)).row.state).to.equal('succeeded');
  });
});
