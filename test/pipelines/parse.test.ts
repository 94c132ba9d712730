import { expect } from 'chai';
import fc from 'fast-check';
import { problemLine } from '../../pipelines/check';
import { parsePipeline } from '../../pipelines/parse';
import { check, IMAGE, onlyProblem, specOf, WAR } from './support/texts';

describe('reading a gantry.yml', () => {
  it('converts units and fills in defaults', () => {
    const spec = specOf(WAR);
    expect(spec.build.artifact).to.include({ in: 'gantry/maven', take: 'target/*.war', timeout: 900_000 });
    expect(spec.serve).to.deep.include({ port: 8080, instances: 1, sticky: false, drain: 30_000 });
    expect(spec.serve.health).to.deep.equal({ path: '/health', status: 200, within: 60_000 });
    expect(spec.on).to.deep.equal({
      ...{ branches: ['main', 'master'], tags: [], paths: null, skip: true },
      ...{ requests: false, manual: { parameters: [] }, schedule: [], released: [] },
    });
  });

  it('understands the gray stage', () => {
    const gray = specOf(WAR).stages.find((stage) => stage.role === 'gray')?.gray;
    expect(gray).to.deep.equal({
      share: 500,
      rules: [
        { kind: 'header', name: 'X-Gray', match: 'equals', value: '1' },
        { kind: 'cookie', name: 'gray', match: 'equals', value: '1' },
      ],
      identity: null,
      observe: { for: 600_000, errors: 100, p95: 300, minRequests: 20 },
    });
  });

  it('understands every way into gray', () => {
    const rules = '[{ cookie: team, startsWith: qa- }, { users: [ada, "bob@bank.example"] }, { usersFile: ./qa.txt }]';
    const identity = 'identity: { header: X-User, trustedFrom: [10.0.0.0/8, "fd00::/8"] }';
    const text = WAR.replace(/rules: .*/, `rules: ${rules}\n    ${identity}`);
    const gray = specOf(text).stages.find((stage) => stage.role === 'gray')?.gray;
    expect(gray?.rules).to.deep.equal([
      { kind: 'cookie', name: 'team', match: 'startsWith', value: 'qa-' },
      { kind: 'users', names: ['ada', 'bob@bank.example'] },
      { kind: 'users-file', file: 'qa.txt' },
    ]);
    expect(gray?.identity).to.deep.equal({ header: 'X-User', trustedFrom: ['10.0.0.0/8', 'fd00::/8'], proof: null });
  });

  it('runs test, gray and production when the file names no stages', () => {
    expect(specOf(IMAGE).stages.map((stage) => stage.name)).to.deep.equal(['test', 'gray', 'production']);
  });

  it('keeps the order of the stages, and adds production', () => {
    const spec = specOf(`${IMAGE}stages:\n  zoo: {}\n  test: {}\n  gray: {}\n`);
    expect(spec.stages.map((stage) => `${stage.name}:${stage.role}`)).to.deep.equal([
      'zoo:environment',
      'test:environment',
      'gray:gray',
      'production:production',
    ]);
  });

  it('lets a stage override keys, variables by name and files by target', () => {
    const spec = specOf(
      IMAGE.replace('image: {}', 'image: {}\n  env: { A: 1, B: 2 }\n  files: [{ from: a, to: /etc/a }]') +
        'stages:\n  test:\n    serve:\n      env: { B: 3 }\n      files: [{ from: ./b, to: /etc//a }]\n      health: { within: 5s }\n',
    );
    const [test, production] = spec.stages;
    expect(test?.serve.env).to.deep.equal({ A: '1', B: '3' });
    expect(test?.serve.files).to.deep.equal([{ from: 'b', to: '/etc/a' }]);
    expect(test?.serve.health).to.deep.equal({ path: '/health', status: 200, within: 5000 });
    expect(production?.serve.env).to.deep.equal({ A: '1', B: '2' });
  });

  it('injects artifacts into environments, and serves gray and production by image', () => {
    expect(specOf(WAR).stages.map((stage) => stage.deliver)).to.deep.equal(['inject', 'image', 'image']);
    expect(specOf(IMAGE).stages.map((stage) => stage.deliver)).to.deep.equal(['image', 'image', 'image']);
  });

  it('takes values of variables as they are written', () => {
    const spec = specOf(IMAGE.replace('image: {}', 'image: {}\n  env: { V: 1.10, T: true, H: 0x10, N: no, S: "x" }'));
    expect(spec.serve.env).to.deep.equal({ V: '1.10', T: 'true', H: '0x10', N: 'no', S: 'x' });
  });

  it('follows aliases', () => {
    const spec = specOf(`${IMAGE}stages:\n  test: { serve: { env: &e { A: "1" } } }\n  uat: { serve: { env: *e } }\n`);
    expect(spec.stages[1]?.serve.env).to.deep.equal({ A: '1' });
  });
});

describe('a gantry.yml that is refused', () => {
  const broken = (from: string, to: string) => onlyProblem(WAR.replace(from, to));

  it('names an unknown key, its place and the nearest key', () => {
    const problem = broken('within: 60s', 'within: 60s, stauts: 200');
    expect(problem).to.deep.include({
      line: 11,
      column: 41,
      path: 'serve.health.stauts',
      code: 'unknown-key',
      offending: 'stauts',
      nearest: 'status',
    });
    expect(problemLine(problem)).to.equal(
      'gantry.yml:11:41: error: "stauts" is not a key of serve.health. Did you mean "status"? (unknown-key)',
    );
  });

  it('says where a misplaced key belongs', () => {
    expect(broken('keepWarm: 30m', 'share: 5%').message).to.contain('It belongs in stages.gray.share');
  });

  const wrong: [string, string, string, Record<string, unknown>][] = [
    ['a duration without a unit', 'within: 60s', 'within: 60', { line: 11, code: 'wrong-type', nearest: '60s' }],
    ['a duration that is none', 'for: 10m', 'for: soon', { line: 25, code: 'bad-value', offending: 'soon' }],
    ['a memory size in another spelling', 'memory: 512m', 'memory: 512MB', { line: 13, nearest: '512m' }],
    ['a share without %', 'share: 5%', 'share: 5', { line: 23, nearest: '5%' }],
    ['a share above 100%', 'share: 5%', 'share: 500%', { line: 23, nearest: '100%' }],
    ['a threshold without <', 'errors: "< 1%"', 'errors: 1%', { line: 25, nearest: '< 1%' }],
    ['an app name with capitals', 'app: ledger', 'app: Ledger', { line: 1, column: 6, nearest: 'ledger' }],
    ['an app name that is too long', 'app: ledger', `app: ${'a'.repeat(41)}`, { line: 1 }],
    ['a way of delivery that is none', 'deliver: inject', 'deliver: injekt', { line: 16, nearest: 'inject' }],
    ['a take pattern that leads out', 'take: target', 'take: ../target', { line: 6, code: 'bad-value' }],
    ['a take pattern that is absolute', 'take: target', 'take: /target', { line: 6 }],
    ['a cache folder that leads out', '[~/.m2]', '[~/../etc]', { line: 7, path: 'build.artifact.cache.0' }],
    ['a variable name with a dash', 'JAVA_OPTS:', 'JAVA-OPTS:', { line: 12, code: 'bad-name' }],
    ['a variable of Gantry itself', 'JAVA_OPTS:', 'GANTRY_X:', { line: 12, code: 'bad-name' }],
    ['a share below 0.01%', 'share: 5%', 'share: 0.001%', { line: 23, nearest: '0.01%' }],
    ['a share with a comma', 'share: 5%', 'share: 5,25 %', { line: 23, nearest: '5.25%' }],
    ['a header that is none', 'X-Gray', '"X Gray"', { line: 24, path: 'stages.gray.rules.0.header' }],
    ['a rule of two kinds', 'cookie: gray', 'cookie: gray, header: X-Gray', { line: 24, path: 'stages.gray.rules.1' }],
    ['a rule without a value', 'cookie: gray, equals: "1"', 'cookie: gray', { line: 24, path: 'stages.gray.rules.1' }],
    ['users beside a header', 'equals: "1" }]', 'users: [ada] }]', { line: 24, path: 'stages.gray.rules.1' }],
    ['an identity nobody vouches for', 'share: 5%', 'identity: { header: X-User }', { line: 23 }],
    [
      'a block of addresses that is none',
      'share: 5%',
      'identity: { header: X-User, trustedFrom: [10.0.0.0/33] }',
      { line: 23, path: 'stages.gray.identity.trustedFrom.0' },
    ],
    ['a check by http and run at once', '- run: ./smoke.sh', '- { http: { path: / }, run: x }', { line: 19 }],
    ['a port that is a word', 'port: 8080', 'port: http', { line: 10, code: 'wrong-type' }],
    ['a key without a value', 'port: 8080', 'port:', { line: 10, code: 'wrong-type', path: 'serve.port' }],
    ['a missing port', '  port: 8080\n', '', { line: 8, code: 'missing-key', path: 'serve.port' }],
    ['missing health', '  health: { path: /health, within: 60s }\n', '', { line: 8, code: 'missing-key' }],
    ['a health path that could end a configuration line', 'path: /health,', 'path: "/a b",', { line: 11 }],
    ['a key that stands twice', 'port: 8080', 'port: 8080\n  port: 81', { line: 11, code: 'duplicate-key' }],
    ['a tab', '  port: 8080', '\tport: 8080', { line: 10, code: 'tab' }],
    ['a YAML tag', 'port: 8080', 'port: !!int 8080', { line: 10, code: 'yaml-tag', offending: '!!int' }],
    ['a merge key', 'port: 8080', '<<: { port: 8080 }', { line: 10, code: 'bad-key' }],
    ['a key that changes objects', 'port: 8080', '__proto__: { port: 1 }', { line: 10, code: 'bad-key' }],
    ['a second document', 'serve:', '---\nserve:', { line: 8, code: 'many-documents' }],
    ['a directive', 'app: ledger', '%YAML 1.1\n---\napp: ledger', { line: 1, code: 'yaml-directive' }],
    ['a quote that is never closed', 'run: mvn', 'run: "mvn', { code: 'yaml' }],
  ];
  for (const [what, from, to, expected] of wrong) {
    it(`for ${what}`, () => {
      expect(WAR, 'the text to replace').to.contain(from);
      const { problems } = check(WAR.replace(from, to));
      expect(problems[0], JSON.stringify(problems)).to.deep.include({ severity: 'error', ...expected });
    });
  }

  it('for being empty, or only comments', () => {
    for (const text of ['', '\n\n', '# nothing\n', '---\n', 'null', '~']) {
      expect(onlyProblem(text), JSON.stringify(text)).to.include({ line: 1, column: 1, code: 'empty' });
    }
  });

  it('for being a list or a word', () => {
    for (const text of ['- a', 'a', '[]']) expect(onlyProblem(text).code).to.equal('wrong-type');
  });

  it('for growing beyond all measure (a YAML bomb), at once [S39]', () => {
    const names = [...'abcdefghij'];
    const lines = names.map((name, index) => {
      const item = index === 0 ? '1' : `*${names[index - 1]}`;
      return `${name}: &${name} [${Array(10).fill(item).join(', ')}]`;
    });
    const begun = performance.now();
    expect(onlyProblem(lines.join('\n')).code).to.equal('too-many-values');
    expect(performance.now() - begun).to.be.below(500);
  });

  it('for an alias inside its own anchor', () => {
    expect(onlyProblem('app: &a [*a]').code).to.equal('unknown-alias');
  });

  it('for being nested too deep, or too large [S39]', () => {
    expect(onlyProblem('['.repeat(1000)).code).to.equal('too-deep');
    expect(onlyProblem(`${'- '.repeat(1000)}x`).code).to.equal('too-deep');
    expect(onlyProblem(`app: "${'x'.repeat(300_000)}"`).code).to.equal('too-large');
  });

  it('with at most 50 problems', () => {
    const text = `${WAR}${Array.from({ length: 200 }, (_, index) => `key${index}: 1`).join('\n')}`;
    expect(check(text).problems).to.have.length(50);
  });
});

describe('any text at all', () => {
  const pieces = fc.constantFrom(
    ...['a', 'app', ': ', ':\n', '- ', '\n', '  ', '\t', '{', '}', '[', ']', ',', '"', "'", '&x ', '*x ', '!t ', '|\n'],
    ...['>', '#', '? ', '---\n', '...\n', '%', '\r\n', '\u0000', '\uFEFF', '\uD800', '<<', '__proto__', '1', '~'],
    ...WAR.split(/(?<=\s)/),
  );
  const soup = fc.array(pieces, { maxLength: 120 }).map((parts) => parts.join(''));
  const mutated = fc
    .tuple(fc.nat(WAR.length), fc.nat(20), soup)
    .map(([at, cut, put]) => WAR.slice(0, at) + put.slice(0, 30) + WAR.slice(at + cut));

  it('is answered with a spec or with problems inside the text, never with an exception', function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), soup, mutated), (text) => {
        const { problems } = check(text);
        const lines = text.split('\n');
        for (const { line, column, offending, message } of problems) {
          expect(line).to.be.within(1, lines.length);
          expect(column).to.be.within(1, (lines[line - 1] ?? '').length + 1);
          expect(offending.length).to.be.at.most(80);
          expect(message).to.match(/[.?]$/);
        }
        const parsed = parsePipeline(text);
        if (!parsed.ok) expect(parsed.problems).not.to.be.empty;
      }),
      { numRuns: 1500 },
    );
  });

  it('is answered quickly, also when it is 256 KiB of the worst', function () {
    this.timeout(60_000);
    const worst = ['a: b\n', '- ', '"', '[', '{', '? ', '&a ', '*a ', ']', 'a:\n', '%a\n', '{a,', '- a\n', '\n', ' \n'];
    for (const piece of worst) {
      const begun = process.cpuUsage();
      parsePipeline(piece.repeat(Math.floor((256 * 1024) / piece.length)));
      const { user, system } = process.cpuUsage(begun); // of this process alone, however busy the machine is
      expect((user + system) / 1000, JSON.stringify(piece)).to.be.below(3000);
    }
  });
});
