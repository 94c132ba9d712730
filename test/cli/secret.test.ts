import { expect } from 'chai';
import { Desk } from './support/command-line';
import { FakeGantry } from './support/fake-gantry';

describe('gantry secret', () => {
  const desk = new Desk();
  const gantry = new FakeGantry();
  before(() => gantry.start());
  after(async () => {
    await gantry.stop();
    desk.clear();
  });
  beforeEach(() => {
    gantry.asked.length = 0;
    gantry.on('POST /apps/shop/secrets', ({ body }) => {
      const { name, environment } = body as { name: string; environment: string };
      return { app: 'shop', name, environment, replaced: false };
    });
  });
  const run = (line: string, input = '') => desk.run(line.split(' '), { environment: gantry.environment, input });
  const sent = (): string => {
    const { value = '' } = (gantry.asked[0]?.body ?? {}) as { value?: string };
    return Buffer.from(value, 'base64').toString('utf8');
  };

  it('reads the value from standard input, without the end of line that programs add', async () => {
    const { stdout, exit } = await run('secret set shop DB_PASSWORD --environment production', 'swordfish 42\n');
    expect([exit, sent()]).to.deep.equal([0, 'swordfish 42']);
    expect(gantry.asked[0]?.body).to.include({ name: 'DB_PASSWORD', environment: 'production' });
    expect(stdout).to.equal('Set DB_PASSWORD of shop (production).\n').and.not.include('swordfish');
  });

  it('keeps every byte with --exact, and lines inside it always', async () => {
    await run('secret set shop key.pem --exact', 'a\nb\n\n');
    expect(sent()).to.equal('a\nb\n\n');
    gantry.asked.length = 0;
    await run('secret set shop key.pem', 'a\nb\n\n');
    expect(sent()).to.equal('a\nb\n');
  });

  it('takes no value as an argument, and none that is empty', async () => {
    expect((await run('secret set shop DB_PASSWORD swordfish')).exit).to.equal(2);
    const { exit, stderr } = await run('secret set shop DB_PASSWORD');
    expect([exit, gantry.asked.length]).to.deep.equal([2, 0]);
    expect(stderr).to.include('standard input is empty');
  });

  it('lists names, places, people and times', async () => {
    const items = [{ name: 'DB_PASSWORD', environment: '', setAt: Date.UTC(2026, 0, 2), setBy: 'user:ada' }];
    gantry.on('GET /apps/shop/secrets', () => ({ items }));
    expect((await run('secret list shop')).stdout).to.match(/DB_PASSWORD +all but production +ada +\S/);
    gantry.on('GET /apps/shop/secrets', () => ({ items: [] }));
    expect((await run('secret list shop')).stdout).to.include('gantry secret set shop NAME < FILE');
  });

  it('removes one, and changes the key', async () => {
    gantry.on('POST /apps/shop/secrets/DB_PASSWORD/remove', () => ({ removed: 'DB_PASSWORD', environment: 'test' }));
    expect((await run('secret remove shop DB_PASSWORD --environment test')).stdout).to.include('Removed DB_PASSWORD');
    gantry.on('POST /secrets/rotate-key', () => ({ key: 'abcdef012345', sealedAnew: 7 }));
    expect((await run('secret rotate-key')).stdout)
      .to.include('Key abcdef012345')
      .and.include('7 values')
      .and.include('gantry secret forget-key');
    gantry.on('POST /secrets/forget-key', () => ({ key: 'abcdef012345', forgotten: ['0123456789ab'] }));
    expect((await run('secret forget-key')).stdout).to.equal(
      'Forgot 0123456789ab; the key file holds abcdef012345 alone.\n',
    );
  });

  it('shows and changes whose pipelines are given secrets', async () => {
    gantry.on('GET /apps/shop/protected', () => ({ items: [{ kind: 'branch', pattern: 'main' }], byDefault: true }));
    expect((await run('app protect shop')).stdout).to.include('branch main (by default)');
    gantry.on('GET /apps/shop/protected', () => ({ items: [], byDefault: true }));
    expect((await run('app protect shop')).stdout).to.include('Say which one: --branch main');
    gantry.on('POST /apps/shop/protected', ({ body }) => ({ items: [body], byDefault: false }));
    expect((await run('app protect shop --tag v*')).stdout).to.include('tag v*');
    gantry.on('POST /apps/shop/protected/remove', () => ({ items: [], byDefault: false }));
    expect((await run('app unprotect shop --tag v*')).exit).to.equal(0);
    expect((await run('app unprotect shop')).exit).to.equal(2);
    expect((await run('app protect shop --tag v* --branch main')).exit).to.equal(2);
  });
});
