import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { withFront } from '../../cli/house/front';
import { authorityFile, ensureOwnTls, namesOf } from '../../cli/tls/own';
import { trustOf } from '../../cli/tls/trust';
import { cliSettings, webSettings } from '../../settings';
import { Desk } from './support/command-line';
import { TOKEN } from './support/fake-gantry';

const NAMES = ['localhost', '127.0.0.1', '::1', hostname().toLowerCase(), 'gantry.example'];
const DAY_MS = 86_400_000;

describe('an authority of our own', () => {
  let desk: Desk;
  const make = (names: readonly string[] = NAMES, now = Date.now(), how: 'keep' | 'renew' = 'keep') =>
    ensureOwnTls(desk.settings().ownTls, names, now, how);
  beforeEach(() => {
    desk = new Desk();
  });
  afterEach(() => desk.clear());

  it('makes a certificate for every name, by P-256, for little more than a year', async () => {
    const { certificate, authority } = await make();
    expect(namesOf(certificate)).to.deep.equal(NAMES);
    expect(certificate.verify(authority.publicKey)).to.equal(true);
    expect(certificate.publicKey.asymmetricKeyDetails).to.deep.equal({ namedCurve: 'prime256v1' });
    expect(Math.round((certificate.validToDate.getTime() - Date.now()) / DAY_MS)).to.equal(397);
    expect([authority.ca, certificate.ca]).to.deep.equal([true, false]);
  });

  it('keeps its keys for their owner', async () => {
    await make();
    const files = [desk.settings().ownTls.key, join(desk.home, 'tls', 'ca-key.pem')];
    expect(files.map((file) => statSync(file).mode & 0o777)).to.deep.equal([0o600, 0o600]);
  });

  it('vouches for nobody else: a certificate of it for another name is not trusted', async () => {
    await make();
    const folder = join(desk.home, 'tls');
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=x', '-keyout', 'x.key', '-out', 'x.csr');
    writeFileSync(join(folder, 'x.cnf'), 'subjectAltName = DNS:bank.example\n');
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-set_serial', '7', '-extfile', 'x.cnf', '-out', 'x.pem'];
    openssl('x509', '-req', '-in', 'x.csr', ...signed);
    expect(() => openssl('verify', '-CAfile', 'ca.pem', 'x.pem')).to.throw(/permitted subtree violation/);
    expect(openssl('verify', '-CAfile', 'ca.pem', 'certificate.pem').toString()).to.include('OK');
  });

  it('stays as long as it can, so that nobody has to trust another one for nothing', async () => {
    await make();
    expect(await make()).to.include({ newAuthority: false, newCertificate: false });
    expect(await make(['localhost'])).to.include({ newAuthority: false, newCertificate: false });
    expect(await make(NAMES, Date.now(), 'renew')).to.include({ newAuthority: false, newCertificate: true });
    expect(await make(NAMES, Date.now() + 370 * DAY_MS)).to.include({ newAuthority: false, newCertificate: true });
    expect(await make([...NAMES, 'new.example'])).to.include({ newAuthority: true, newCertificate: true });
    expect(await make(NAMES, Date.now() + 3_400 * DAY_MS)).to.include({ newAuthority: true, newCertificate: true });
  });
});

describe('gantry tls', () => {
  let desk: Desk;
  beforeEach(() => {
    desk = new Desk();
  });
  afterEach(() => desk.clear());

  it('says how to get a certificate where there is none', async () => {
    for (const words of ['tls show', 'tls trust']) {
      const { exit, stderr } = await desk.run(words.split(' '));
      expect([exit, stderr]).to.deep.equal([
        1,
        'gantry: this folder has no certificate of its own; make one: gantry up --tls own\n',
      ]);
    }
  });

  it('makes the first one without starting anything, for who starts web by other means', async () => {
    const { exit, stdout } = await desk.run(['tls', 'renew', '--name', 'gantry.example']);
    expect(exit).to.equal(0);
    expect(stdout).to.include('gantry.example').and.include('must be trusted');
    expect((await desk.run(['tls', 'show'])).exit).to.equal(0);
  });

  it('shows it, renews it, and tells how it is trusted', async () => {
    await ensureOwnTls(desk.settings().ownTls, NAMES, Date.now());
    const shown = (await desk.run(['tls', 'show', '--json'])).json() as { certificate: { fingerprint: string } };
    expect(shown.certificate).to.deep.include({ names: NAMES, subject: 'localhost' });
    const renewed = (await desk.run(['tls', 'renew', '--json'])).json() as { certificate: { fingerprint: string } };
    expect(renewed).to.include({ newAuthority: false });
    expect(renewed.certificate.fingerprint).to.not.equal(shown.certificate.fingerprint);
    const more = await desk.run(['tls', 'renew', '--name', 'a.example, 10.0.0.7']);
    expect(more.stdout).to.include('a.example, 10.0.0.7').and.include('must be trusted');
    const { stdout } = await desk.run(['tls', 'trust']);
    expect(stdout).to.include('sslCAInfo').and.include('curl --cacert').and.include('GANTRY_CA=');
    expect((await desk.run(['tls', 'trust', '--pem'])).stdout).to.equal(
      readFileSync(authorityFile(desk.settings().ownTls), 'utf8'),
    );
  });

  it('shows a given certificate as well', async () => {
    await ensureOwnTls(desk.settings().ownTls, ['gantry.example'], Date.now());
    const { certificate: GANTRY_TLS_CERT, key: GANTRY_TLS_KEY } = desk.settings().ownTls;
    const environment = { GANTRY_TLS_CERT, GANTRY_TLS_KEY };
    const { stdout } = await desk.run(['tls', 'show'], { environment });
    expect(stdout).to.include('gantry.example').and.not.include('Its authority');
  });
});

describe('the command line over HTTPS', () => {
  let desk: Desk;
  let server: Server;
  let url: string;
  beforeEach(async () => {
    desk = new Desk();
    await ensureOwnTls(desk.settings().ownTls, ['127.0.0.1', 'gantry.example'], Date.now());
    const { certificate, key } = desk.settings().ownTls;
    server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (_request, response) =>
      response.end('{"items":[]}'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    desk.clear();
  });

  /** A certificate for the same key and another name, by the same authority. */
  const signFor = (names: string, file: string) => {
    const folder = join(desk.home, 'tls');
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    openssl('req', '-new', '-key', 'key.pem', '-subj', '/CN=x', '-out', 'x.csr');
    writeFileSync(join(folder, 'x.cnf'), `subjectAltName = ${names}\n`);
    openssl('x509', '-req', '-in', 'x.csr', '-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-extfile', 'x.cnf', '-out', file);
  };

  const list = (environment: NodeJS.ProcessEnv = {}) => desk.run(['app', 'list'], { environment });

  it('trusts the authority of its own folder, which its credentials name', async () => {
    writeFileSync(
      join(desk.home, 'client.json'),
      JSON.stringify({ url, token: TOKEN, ...trustOf(desk.settings().ownTls) }),
    );
    expect(await list()).to.include({ exit: 0, stderr: '' });
  });

  it('trusts a given certificate by the name that it has, though its folder calls the machine', async () => {
    const given = { ...desk.settings().ownTls, certificate: join(desk.home, 'given.pem'), own: false };
    signFor('DNS:gantry.example', given.certificate);
    server.setSecureContext({ cert: readFileSync(given.certificate), key: readFileSync(given.key) });
    const trust = trustOf(given);
    expect(trust).to.deep.equal({ caFile: given.certificate, servername: 'gantry.example' });
    writeFileSync(join(desk.home, 'client.json'), JSON.stringify({ url, token: TOKEN, ...trust }));
    expect(await list()).to.include({ exit: 0, stderr: '' });
  });

  it('trusts no other authority, and says whose it wants', async () => {
    const stranger = await list({ GANTRY_URL: url, GANTRY_TOKEN: TOKEN });
    expect(stranger.exit).to.equal(1);
    expect(stranger.stderr).to.match(/certificate of https:.* is not trusted here .*GANTRY_CA=FILE/);
    const told = await list({ GANTRY_URL: url, GANTRY_TOKEN: TOKEN, GANTRY_CA: authorityFile(desk.settings().ownTls) });
    expect(told).to.include({ exit: 0, stderr: '' });
    const wrong = await list({ GANTRY_URL: url, GANTRY_TOKEN: TOKEN, GANTRY_CA: '/nothing/here' });
    expect(wrong.stderr).to.equal('gantry: /nothing/here cannot be read (ENOENT); name another one: GANTRY_CA=FILE\n');
  });
});

describe('the settings of TLS and of the public address', () => {
  const settings = () => cliSettings({ GANTRY_HOME: '/data' });
  const web = (environment: NodeJS.ProcessEnv) => webSettings({ GANTRY_HOME: '/data', ...environment });

  it('are none, our own certificate, or a given one', () => {
    expect(web({})).to.not.have.property('tls');
    expect(web({ GANTRY_TLS: 'own' }).tls).to.deep.equal(settings().ownTls);
    expect(web({ GANTRY_TLS_CERT: '/c.pem', GANTRY_TLS_KEY: '/k.pem' }).tls).to.deep.equal({
      certificate: '/c.pem',
      key: '/k.pem',
      own: false,
    });
  });

  const refused: [environment: NodeJS.ProcessEnv, words: string][] = [
    [{ GANTRY_TLS: 'yes' }, 'must be own'],
    [{ GANTRY_TLS_CERT: '/c.pem' }, 'go together'],
    [{ GANTRY_TLS: 'own', GANTRY_TLS_CERT: '/c.pem', GANTRY_TLS_KEY: '/k.pem' }, 'exclude each other'],
    [{ GANTRY_PUBLIC_URL: 'gantry.example' }, 'like https://'],
    [{ GANTRY_PUBLIC_URL: 'https://gantry.example/path' }, 'without a path'],
    [{ GANTRY_TRUSTED_PROXIES: '10.0.0.5,nonsense' }, 'has "nonsense"'],
    [{ GANTRY_TRUSTED_PROXIES: '10.0.0.0/33' }, 'has "10.0.0.0/33"'],
  ];
  for (const [environment, words] of refused) {
    it(`refuse ${JSON.stringify(environment)}`, () => {
      expect(() => web(environment)).to.throw(words);
    });
  }

  it('are refused as options of up in the same words', async () => {
    const desk = new Desk();
    const refusal = async (...options: string[]) => {
      const { exit, stderr } = await desk.run(['up', '--dummy', ...options]);
      return `${exit} ${stderr}`;
    };
    expect(await refusal('--tls', 'yes')).to.match(/^2 .*takes only "own"/);
    expect(await refusal('--public-url', 'x')).to.match(/^2 .*"x" is not an address/);
    expect(await refusal('--public-url', 'https://x/y')).to.match(/^2 .*without a path/);
    desk.clear();
  });

  it('take an address without its slash, and networks of both kinds', () => {
    expect(cliSettings({ GANTRY_PUBLIC_URL: 'https://gantry.example/' }).publicUrl).to.equal('https://gantry.example');
    expect(web({ GANTRY_TRUSTED_PROXIES: '10.0.0.5, 10.1.0.0/16,fd00::/8' }).trustedProxies).to.deep.equal([
      '10.0.0.5',
      '10.1.0.0/16',
      'fd00::/8',
    ]);
  });
});

describe('the front of a house', () => {
  const settings = (environment: NodeJS.ProcessEnv = {}) => cliSettings({ GANTRY_HOME: '/data', ...environment });
  const given = { certificate: '/c.pem', key: '/k.pem', own: false };

  it('stays what it was when a house is started again, as by an upgrade', () => {
    const again = withFront(settings(), { tls: given, publicUrl: 'https://gantry.example' });
    expect(again).to.deep.include({ tls: given, publicUrl: 'https://gantry.example' });
    expect(cliSettings({ GANTRY_HOME: '/data', ...again.environment })).to.deep.include({
      tls: given,
      publicUrl: 'https://gantry.example',
    });
    expect(cliSettings(withFront(settings(), { tls: settings().ownTls }).environment).tls?.own).to.equal(true);
  });

  it('is another one when it is told so', () => {
    const told = settings({ GANTRY_TLS: 'own', GANTRY_PUBLIC_URL: 'https://other.example' });
    const again = withFront(told, { tls: given, publicUrl: 'https://gantry.example' });
    expect(again).to.deep.include({ tls: settings().ownTls, publicUrl: 'https://other.example' });
  });

  it('is the one of HTTP where nothing was said', () => {
    expect(cliSettings(withFront(settings(), {}).environment)).to.not.have.any.keys('tls', 'publicUrl');
  });
});
