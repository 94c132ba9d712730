import { once } from 'node:events';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { connectDocker } from '../../../runners/docker/client';
import { dockerAccess } from '../../../runners/docker/instance-access';
import { type Sessions, startSessions } from '../../../runners/sessions/sessions';
import { Desk } from '../../cli/support/command-line';
import { requireDocker } from '../../support/hooks';
import { type House, makeHouse } from '../../web/support/house';
import { FakeRunner } from '../../web/support/runner';
import { until } from '../../web/support/until';
import { instanceSpec } from '../cluster-contract';
import { buildTestApp, type DockerPlace, dockerPlace } from './harness';

describe('gantry shell and gantry logs on Docker', function () {
  this.timeout(60_000);
  let place: DockerPlace;
  let house: House;
  let sessions: Sessions;
  let name: string;
  const desk = new Desk();
  before(async function () {
    requireDocker(this);
    place = await dockerPlace();
    house = await makeHouse();
    await house.post('/api/v1/apps', { name: 'storefront' });
    const push = { app: 'storefront', source: 'test', ref: 'refs/heads/main', pusher: 'owner' };
    await house.engine.deliveries.accept({ ...push, before: '0'.repeat(40), after: 'a'.repeat(40) }, 'user:owner');
    await new FakeRunner(house.engine).succeedUntil('test/deliver');
    const spec = instanceSpec(await buildTestApp(place), { env: { DUMMY_LOG: 'started' } });
    await place.cluster.startInstance(spec);
    ({ name } = spec);
    await house.engine.parts.store.write((tx) => tx.updateTable('instances').set({ name }).execute());
    sessions = begin('runner-1');
  });
  after(async () => {
    desk.clear();
    await sessions?.stop();
    await house?.close();
    await place?.remove();
  });

  const begin = (owner: string): Sessions => {
    const access = dockerAccess(connectDocker({}), place.installation);
    return startSessions(house.engine, { access, cluster: { name: 'local' } }, owner);
  };
  const gantry = (words: string[], input = '') =>
    desk.run(words, { environment: { GANTRY_URL: house.web.url, GANTRY_TOKEN: house.token }, input });
  const processes = async (): Promise<string> => {
    const { Processes } = (await place.docker.getContainer(name).top()) as { Processes: string[][] };
    return Processes.map((columns) => columns.at(-1)).join('\n');
  };
  const shell = async (command: string[]): Promise<WebSocket> => {
    const headers = { authorization: `Bearer ${house.token}` };
    const client = new WebSocket(`${house.web.url.replace('http', 'ws')}/api/v1/apps/storefront/shell`, { headers });
    await once(client, 'open');
    client.send(JSON.stringify({ command }));
    await once(client, 'message');
    return client;
  };

  it('passes on what a command says, and how it ends', async () => {
    const ran = await gantry(['shell', 'storefront', '--', 'sh', '-c', 'echo hi; echo no >&2; exit 3']);
    expect(ran).to.include({ exit: 3, stdout: 'hi\n', stderr: 'no\n' });
    const piped = await gantry(['shell', 'storefront', '--', 'wc', '-c'], 'x'.repeat(300_000));
    expect(piped).to.include({ exit: 0, stdout: '300000\n' });
  });

  it('prints what the instance has written', async () => {
    expect(await gantry(['logs', 'storefront', '--tail', '1'])).to.include({ exit: 0, stdout: 'started\n' });
  });

  it('leaves no process behind when the client goes', async () => {
    const client = await shell(['sleep', '4720']);
    await until(async () => (await processes()).includes('sleep 4720'));
    client.terminate();
    await until(async () => !(await processes()).includes('sleep 4720'));
  });

  it('leaves no process behind when the runner stops in order', async () => {
    const client = await shell(['sleep', '4721']);
    await until(async () => (await processes()).includes('sleep 4721'));
    const [[said]] = await Promise.all([once(client, 'message'), sessions.stop()]);
    expect(String(said)).to.contain('Gantry is being stopped');
    expect(await processes()).to.not.contain('sleep 4721');
    sessions = begin('runner-2');
  });

  it('clears up after a runner that was killed', async () => {
    const id = (await shellOfDeadRunner()).id;
    expect(await processes()).to.contain('sleep 4722');
    await sessions.stop();
    sessions = begin('runner-3');
    await until(async () => !(await processes()).includes('sleep 4722'));
    const row = () =>
      house.engine.parts.store.read.selectFrom('instance_sessions').selectAll().where('id', '=', id).executeTakeFirst();
    await until(async () => (await row())?.state === 'ended');
    expect(await row()).to.include({ reason: 'its runner is gone' });
  });

  /** As a killed runner leaves it: a row that nobody renews, and a command that goes on. */
  async function shellOfDeadRunner() {
    await sessions.stop();
    const request = { command: ['sleep', '4722'], terminal: null };
    const wanted = { app: 'storefront', kind: 'shell' as const, request, production: false };
    const { id, channel } = await house.engine.sessions.open(wanted, 'user:owner');
    const session = await house.engine.sessions.take('killed', 'local');
    expect(session).to.deep.include({ id, instance: name, request });
    const access = dockerAccess(connectDocker({}), place.installation);
    const command = await access.start(name, request, id);
    await until(async () => (await processes()).includes('sleep 4722'));
    command.drop();
    await channel.close();
    await house.engine.parts.store.write((tx) => tx.updateTable('instance_sessions').set({ deadline: 1 }).execute());
    return { id };
  }
});
