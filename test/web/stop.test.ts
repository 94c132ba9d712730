import { createServer } from 'node:net';
import { expect } from 'chai';
import type { GantryError } from '../../engine/model/errors';
import { startWeb } from '../../web/start';
import { type House, makeHouse } from './support/house';

describe('web', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse();
  });
  afterEach(() => house.close());

  it('lets a request that has begun finish before it stops', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { proveWritable } = house.engine.store;
    house.engine.store.proveWritable = () => gate.then(proveWritable);
    const asked = house.ask('/health/ready');
    await new Promise((resolve) => setTimeout(resolve, 30));
    const stopped = house.web.stop();
    open();
    expect((await asked).status, 'it says that it is going').to.equal(503);
    await stopped;
    const refused = await house.ask('/healthz').then(
      () => 'answered',
      () => 'refused',
    );
    expect(refused).to.equal('refused');
  });

  it('stops once, however often it is told to', async () => {
    await Promise.all([house.web.stop(), house.web.stop()]);
  });

  it('names the port that is in use', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
    );
    const options = {
      home: house.home,
      root: '.',
      version: '0',
      listen: { host: '127.0.0.1', port },
      gateway: { host: '127.0.0.1', port: 8080 },
      domain: 'localhost',
      programs: '',
      anchors: '',
    };
    const error = await startWeb(house.engine, house.engine.parts.log, options, 'x').then(
      () => undefined,
      (e: GantryError) => e,
    );
    other.close();
    expect(error?.code).to.equal('port-in-use');
    expect(error?.message).to.include(String(port));
  });
});
