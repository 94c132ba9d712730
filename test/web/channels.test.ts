import { expect } from 'chai';
import { channel, channelAdded, channelList } from '../../web/api/schemas/channels';
import { type House, makeHouse } from './support/house';

const WANTED = { name: 'ops', kind: 'slack', to: 'https://chat.example/services/T0/s3cret', on: ['failed'] };

describe('channels over the API', () => {
  let house: House;
  before(async () => {
    house = await makeHouse();
  });
  after(() => house.close());

  const post = (path: string, body: unknown = {}) =>
    house.ask(`/api/v1/channels${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('are added, shown without what is secret in their address, tried and removed', async () => {
    const added = await post('', WANTED);
    expect(added.status).to.equal(201);
    expect(channelAdded.parse(await added.json())).to.eql({ name: 'ops', secret: null });
    const tried = await post('/ops/test');
    expect(tried.status).to.equal(202);
    const shown = channel.parse(await (await house.ask('/api/v1/channels/ops')).json());
    expect(shown).to.include({ to: 'https://chat.example/…', waiting: 1, kind: 'slack', app: null });
    const list = await (await house.ask('/api/v1/channels')).text();
    expect(channelList.parse(JSON.parse(list)).items).to.eql([shown]);
    expect(list).not.to.include('s3cret');
    expect((await post('/ops/remove')).status).to.equal(200);
    expect((await house.ask('/api/v1/channels/ops')).status).to.equal(404);
    const entries = await (await house.ask('/api/v1/audit?limit=10')).text();
    expect(entries).to.include('channel.add').and.include('channel.remove').and.not.include('s3cret');
  });

  const refused: [string, unknown, number, string][] = [
    ['a kind that is not there', { ...WANTED, kind: 'fax' }, 400, ''],
    ['an address that is none', { ...WANTED, to: 'chat' }, 400, 'channel-address'],
    ['a name that is none', { ...WANTED, name: 'Ops!' }, 400, 'channel-name'],
    ['an app that is not there', { ...WANTED, app: 'nope' }, 404, 'app-unknown'],
    ['a field that nobody knows', { ...WANTED, password: 's3cret' }, 400, ''],
  ];
  for (const [what, body, status, code] of refused) {
    it(`are refused with ${what}, and nothing is kept`, async () => {
      const answer = await post('', body);
      const text = await answer.text();
      expect([answer.status, text.includes(code), text.includes('s3cret')]).to.eql([status, true, false]);
      expect(channelList.parse(await (await house.ask('/api/v1/channels')).json()).items).to.eql([]);
    });
  }

  it('are nobody else’s business: without a token nothing is told', async () => {
    expect((await house.ask('/api/v1/channels', { as: 'nobody' })).status).to.equal(401);
  });
});
