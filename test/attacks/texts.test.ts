import { expect } from 'chai';
import fc from 'fast-check';
import { matchesGlob } from '../../pipelines/glob';
import { parsePipeline } from '../../pipelines/parse';
import { type House, makeHouse } from '../web/support/house';
import { curl } from './support/clients';

const PIPELINE = {
  app: 'storefront',
  build: { artifact: { in: 'gantry/maven', run: 'true', take: 'app.war' } },
  serve: { base: 'gantry/tomcat', port: 8080, health: { path: '/health' } },
  stages: { test: { verify: [{ run: 'true' }] }, production: {} },
};
/** Where a container is asked for. */
const PLACES: readonly (readonly (string | number)[])[] = [
  [],
  ['build'],
  ['build', 'artifact'],
  ['serve'],
  ['stages', 'test'],
  ['stages', 'production'],
  ['stages', 'test', 'verify', 0],
];
const MORE_RIGHTS: readonly (readonly [string, unknown])[] = [
  ['privileged', true],
  ['cap_add', ['SYS_ADMIN']],
  ['capAdd', ['ALL']],
  ['security_opt', ['seccomp=unconfined']],
  ['securityOpt', ['apparmor=unconfined']],
  ['volumes', ['/:/host']],
  ['mounts', [{ type: 'bind', source: '/var/run/docker.sock', target: '/s' }]],
  ['binds', ['/var/run/docker.sock:/var/run/docker.sock']],
  ['devices', ['/dev/kmsg']],
  ['network', 'host'],
  ['network_mode', 'container:other'],
  ['pid', 'host'],
  ['ipc', 'host'],
  ['uts', 'host'],
  ['userns_mode', 'host'],
  ['user', 'root'],
  ['cgroup_parent', '/'],
  ['sysctls', { 'net.ipv4.ip_forward': '1' }],
  ['runtime', 'other'],
  ['entrypoint', '/evil'],
  ['extra_hosts', ['redis:127.0.0.1']],
  ['HostConfig', { Privileged: true }],
  ['__proto__', { privileged: true }],
  ['constructor', { prototype: { privileged: true } }],
];

describe('a pipeline of an attacker', () => {
  it('is given no more rights than a container has, wherever it asks for them [S11]', () => {
    expect(parsePipeline(JSON.stringify(PIPELINE)).ok, 'so that what follows says something').to.equal(true);
    const place = fc.constantFrom(...PLACES);
    fc.assert(
      fc.property(place, fc.constantFrom(...MORE_RIGHTS), fc.boolean(), (path, [key, value], inCapitals) => {
        const name = inCapitals && !key.includes('_') ? key[0]?.toUpperCase() + key.slice(1) : key;
        expect(parsePipeline(withKey(path, name, value)).ok, `${path.join('.')}.${name}`).to.equal(false);
      }),
      { numRuns: 2_000 },
    );
    expect(({} as { privileged?: boolean }).privileged).to.equal(undefined);
  });

  it('takes nothing from outside of its folder, and hides no option in a value [S11]', () => {
    const tries: readonly [string, string, unknown][] = [
      ['build.artifact', 'take', '../../etc/passwd'],
      ['build.artifact', 'take', '/etc/passwd'],
      ['build.artifact', 'in', '--privileged'],
      ['build.artifact', 'in', 'x --volume /:/host'],
      ['build.artifact', 'cache', ['/var/run/docker.sock']],
      ['build.artifact', 'cache', ['../..']],
      ['serve', 'base', '--network=host'],
      ['serve', 'port', '8080 --privileged'],
      ['serve', 'env', { 'A=B --privileged': '1' }],
      ['serve', 'env', { 'LD_PRELOAD\nX': '1' }],
    ];
    for (const [path, key, value] of tries) {
      expect(
        parsePipeline(withKey(path.split('.'), key, value)).ok,
        `${path}.${key}: ${JSON.stringify(value)}`,
      ).to.equal(false);
    }
  });

  it('is answered at once, whatever tags, merges, keys and numbers its YAML has [S39]', () => {
    const texts = [
      '!!js/function "function () { return process.exit() }"',
      'app: !!python/object/apply:os.system ["touch x"]',
      '!<tag:yaml.org,2002:js/undefined> x',
      '<<: &a { <<: *a }',
      '? {a: b}\n: c',
      '__proto__: { polluted: true }\napp: x',
      'constructor: { prototype: { polluted: true } }',
      `app: ${'9'.repeat(100_000)}`,
      `app: 1e${'9'.repeat(1_000)}`,
      `${'a: {'.repeat(5_000)}`,
      `app: &a ${'x'.repeat(1_000)}\n${'- *a\n'.repeat(5_000)}`,
      `app: |\n${' '.repeat(200_000)}x`,
      `"${'\\u0000'.repeat(20_000)}"`,
      `# ${'%'.repeat(200_000)}`,
    ];
    for (const text of texts) {
      const began = performance.now();
      expect(parsePipeline(text).ok, text.slice(0, 40)).to.equal(false);
      expect(performance.now() - began, text.slice(0, 40)).to.be.below(1_500);
    }
    expect(({} as { polluted?: boolean }).polluted).to.equal(undefined);
  });

  it('keeps nobody busy with a pattern of branches or files [S40]', () => {
    const evil = [
      '(a+)+$',
      '((a*)*)*b',
      '(a|a)*$',
      `${'*a'.repeat(200)}b`,
      `${'**/'.repeat(100)}b`,
      `${'?*'.repeat(200)}`,
    ];
    for (const pattern of evil) {
      for (const name of ['a'.repeat(240), 'a/'.repeat(120), `${'a'.repeat(239)}!`]) {
        const began = performance.now();
        matchesGlob(pattern, name);
        expect(performance.now() - began, pattern).to.be.below(100);
      }
    }
  });
});

describe('a body that curl sends', () => {
  let house: House;
  before(async () => {
    house = await makeHouse();
    await house.post('/api/v1/apps', { name: 'storefront' });
  });
  after(() => house.close());

  const send = (path: string, body: string, type = 'application/json') =>
    curl(
      house.web.url + path,
      ['--header', `Authorization: Bearer ${house.token}`, '--header', `Content-Type: ${type}`, '--request', 'POST'],
      Buffer.from(body, 'latin1'),
    );

  it('sets no field that its route does not know, and reaches no prototype [S39]', async () => {
    const bodies = [
      '{"name":"evil","id":"x"}',
      '{"name":"evil","__proto__":{"admin":true}}',
      '{"name":"evil","constructor":{"prototype":{"admin":true}}}',
      '{"name":["evil"]}',
      '{"name":{"toString":"x"}}',
      '{"name":"evil","role":"admin"}',
    ];
    for (const body of bodies) expect((await send('/api/v1/apps', body)).status, body).to.equal(400);
    expect(({} as { admin?: boolean }).admin).to.equal(undefined);
    expect((await house.json<{ items: unknown[] }>('/api/v1/apps')).items).to.have.length(1);
  });

  it('is refused with one sentence when it is broken, deep, huge, or of another kind [S39]', async () => {
    const bodies: readonly [string, string?][] = [
      ['{'],
      ['nul'],
      ['\xff\xfe{"name":"x"}'],
      ['{"name":"\ud800"}'],
      [`${'['.repeat(100_000)}`],
      [`{"a":`.repeat(50_000)],
      [`{"name":"${'x'.repeat(900_000)}"}`],
      [`{"name":"${'x'.repeat(5_000_000)}"}`],
      ['name=evil', 'application/x-www-form-urlencoded'],
      ['<name>evil</name>', 'application/xml'],
      [''],
    ];
    for (const [body, type] of bodies) {
      const answer = await send('/api/v1/apps', body, type);
      expect(answer.status, body.slice(0, 30)).to.be.oneOf([400, 413, 415]);
      expect(JSON.parse(answer.body), body.slice(0, 30)).to.have.nested.property('error.message');
      expect(answer.body).to.not.match(/at \w+ \(|node:internal|\/web\//);
    }
  }).timeout(30_000);
});

/** The pipeline with one more key at this place. As text, since `__proto__` is no property of an object. */
function withKey(path: readonly (string | number)[], key: string, value: unknown): string {
  const copy = structuredClone(PIPELINE) as unknown as Record<string | number, unknown>;
  let at = copy;
  for (const step of path) at = at[step] as Record<string | number, unknown>;
  const rest = Object.entries(at).filter(([name]) => name !== key);
  for (const name of Object.keys(at)) delete at[name];
  Object.assign(at, Object.fromEntries(rest), { KEY: value });
  return JSON.stringify(copy).replace('"KEY":', `${JSON.stringify(key)}:`);
}
