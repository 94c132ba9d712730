import { expect } from 'chai';
import { type House, makeHouse } from './support/house';

const VALUE = 'correct horse battery';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('secrets at the API', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse();
    await house.post('/api/v1/apps', { name: 'shop' });
  });
  afterEach(() => house.close());

  const set = (body: object) => house.post('/api/v1/apps/shop/secrets', body);
  const code = async (answer: Response): Promise<[number, string]> => [
    answer.status,
    ((await answer.json()) as { error: { code: string } }).error.code,
  ];

  it('are set, listed without their values, and removed', async () => {
    const answer = await set({ name: 'DB_PASSWORD', environment: 'production', value: base64(VALUE) });
    expect(await answer.json()).to.deep.equal({
      ...{ app: 'shop', name: 'DB_PASSWORD', environment: 'production', replaced: false },
    });
    const { items } = await house.json<{ items: { name: string; setBy: string }[] }>('/api/v1/apps/shop/secrets');
    expect(items).to.have.lengthOf(1);
    expect(items[0]).to.include({ name: 'DB_PASSWORD', environment: 'production', setBy: 'user:owner' });
    expect(JSON.stringify(items)).to.not.contain(VALUE).and.to.not.contain(base64(VALUE));
    const gone = await house.post('/api/v1/apps/shop/secrets/DB_PASSWORD/remove', { environment: 'production' });
    expect(await gone.json()).to.deep.equal({ removed: 'DB_PASSWORD', environment: 'production' });
    expect(await house.json('/api/v1/apps/shop/secrets')).to.deep.equal({ items: [] });
  });

  it('that are bad are refused without being told back', async () => {
    expect(await code(await set({ name: 'A_NAME', value: base64('short') }))).to.deep.equal([400, 'secret-short']);
    expect(await code(await set({ name: '../x', value: base64(VALUE) }))).to.deep.equal([400, 'secret-name']);
    const notBase64 = await set({ name: 'A_NAME', value: `${VALUE}!` });
    expect(notBase64.status).to.equal(400);
    expect(await notBase64.text()).to.not.contain(VALUE);
    expect(await code(await house.post('/api/v1/apps/shop/secrets/NONE/remove', {}))).to.deep.equal([
      404,
      'secret-unknown',
    ]);
  });

  it('have a key that can be changed', async () => {
    await set({ name: 'DB_PASSWORD', value: base64(VALUE) });
    const rotated = (await (await house.post('/api/v1/secrets/rotate-key')).json()) as {
      key: string;
      sealedAnew: number;
    };
    expect(rotated.sealedAnew).to.equal(1);
    const [, old] = house.engine.parts.vault.keyIds();
    expect(house.engine.parts.vault.keyIds()).to.deep.equal([rotated.key, old]);
    const forgotten = await (await house.post('/api/v1/secrets/forget-key')).json();
    expect(forgotten).to.deep.equal({ key: rotated.key, forgotten: [old] });
    expect(house.engine.parts.vault.keyIds()).to.deep.equal([rotated.key]);
  });

  it('are for protected branches, which can be named', async () => {
    const address = '/api/v1/apps/shop/protected';
    expect(await house.json(address)).to.deep.equal({ items: [{ kind: 'branch', pattern: 'main' }], byDefault: true });
    const release = { kind: 'branch', pattern: 'release/*' };
    expect(await (await house.post(address, release)).json()).to.deep.equal({ items: [release], byDefault: false });
    expect(await (await house.post(`${address}/remove`, release)).json()).to.include({ byDefault: true });
    expect(await code(await house.post(`${address}/remove`, release))).to.deep.equal([404, 'protected-unknown']);
  });
});
