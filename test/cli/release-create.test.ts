import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { credentialsIn, userAndPassword } from '../../cli/registry-credentials';
import { Desk } from './support/command-line';
import { FakeGantry } from './support/fake-gantry';

const CONTENT = 'bytes of a WAR';
const DIGEST = `sha256:${createHash('sha256').update(CONTENT).digest('hex')}`;
const IMAGE = `registry.example.org:5000/shop@sha256:${'8'.repeat(64)}`;
const UPLOAD = `POST /apps/shop/artifacts?digest=${encodeURIComponent(DIGEST)}`;
const entry = (text: string) => ({ auth: Buffer.from(text).toString('base64') });

describe('gantry release create', () => {
  const desk = new Desk();
  const gantry = new FakeGantry();
  let sent: string;
  before(() => gantry.start());
  after(async () => {
    await gantry.stop();
    desk.clear();
  });
  beforeEach(() => {
    gantry.asked.length = 0;
    sent = '';
    gantry.on(UPLOAD, ({ text }) => {
      sent = text;
      return { digest: DIGEST, size: CONTENT.length };
    });
    gantry.on('POST /apps/shop/releases', () => ({ app: 'shop', run: 7, url: 'http://web/apps/shop/runs/7' }));
  });
  const file = (name: string, text: string): string => {
    const path = join(desk.folder, name);
    writeFileSync(path, text);
    return path;
  };
  const run = (words: string[], input = '') =>
    desk.run(['release', 'create', 'shop', ...words], { environment: gantry.environment, input });
  const created = () => gantry.asked.find(({ path }) => path === '/apps/shop/releases')?.body;

  it('sends a WAR as it is, and says how to follow its run', async () => {
    const { stdout, exit } = await run(['--war', file('shop.war', CONTENT)]);
    expect([exit, sent]).to.deep.equal([0, CONTENT]);
    expect(created()).to.deep.equal({ given: { kind: 'war', digest: DIGEST, name: 'shop.war' } });
    expect(stdout).to.equal('shop gets a release of shop.war (run #7).\nFollow it: gantry run watch shop 7\n');
  });

  it('takes a pipeline of its own along', async () => {
    await run(['--ear', file('shop.ear', CONTENT), '--pipeline', file('gantry.yml', 'app: shop\n')]);
    expect(created()).to.deep.equal({
      given: { kind: 'ear', digest: DIGEST, name: 'shop.ear' },
      pipeline: 'app: shop\n',
    });
  });

  it('names an image, with what its registry asks for from a file or from standard input', async () => {
    const config = file('config.json', JSON.stringify({ auths: { 'registry.example.org:5000': entry('ada:a:b') } }));
    const { stdout } = await run(['--image', IMAGE, '--credentials', config]);
    const credentials = { username: 'ada', password: 'a:b' };
    expect(created()).to.deep.equal({ given: { kind: 'image', ref: IMAGE }, credentials });
    expect(stdout).to.not.include('a:b');
    gantry.asked.length = 0;
    await run(['--image', IMAGE, '--credentials-stdin'], 'ada:a:b\n');
    expect(created()).to.deep.equal({ given: { kind: 'image', ref: IMAGE }, credentials });
  });

  it('wants exactly one thing, and files that are there', async () => {
    expect((await run([])).stderr).to.include('say one of --war FILE, --ear FILE, --image REF');
    expect((await run(['--war', 'a.war', '--image', IMAGE])).exit).to.equal(2);
    const missing = await run(['--war', 'missing.war']);
    expect(missing.exit).to.equal(2);
    expect(missing.stderr).to.include('missing.war cannot be read (ENOENT)');
    expect((await run(['--war', file('shop.war', CONTENT), '--credentials-stdin'], 'ada:b\n')).exit).to.equal(2);
    expect(gantry.asked.filter(({ path }) => path.startsWith('/apps'))).to.deep.equal([]);
  });
});

describe("a registry's credentials", () => {
  const read = (config: object, image: string) => credentialsIn(JSON.stringify(config), 'config.json', image);
  const refusal = (config: object, image: string): string => {
    try {
      read(config, image);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it was not refused');
  };

  it('are those of the registry that the image names', () => {
    const auths = { 'registry.example.org': entry('ada:one'), 'https://index.docker.io/v1/': entry('ada:two') };
    expect(read({ auths }, 'registry.example.org/team/shop@sha256:1')).to.include({ password: 'one' });
    expect(read({ auths }, 'team/shop@sha256:1')).to.include({ password: 'two' });
    expect(refusal({ auths }, 'other.example.org/shop@sha256:1')).to.include(
      'nothing for the registry other.example.org',
    );
  });

  it('may be a token, and are not taken from helper programs', () => {
    const auths = { 'a.example.org': { identitytoken: 'token' }, 'b.example.org': {} };
    expect(read({ auths }, 'a.example.org/shop@sha256:1')).to.deep.equal({ identityToken: 'token' });
    expect(refusal({ auths }, 'b.example.org/shop@sha256:1')).to.include('to a helper program');
  });

  it('are never told when they cannot be read', () => {
    const message = (() => {
      try {
        credentialsIn('secret words', 'config.json', 'a.example.org/shop');
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    })();
    expect(message).to.equal('config.json is no Docker configuration');
    expect(() => userAndPassword('ada', 'standard input')).to.throw('standard input holds no user and password');
  });
});
