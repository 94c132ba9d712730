import { expect } from 'chai';
import { lintPipeline } from '../../pipelines/lint';
import { check, IMAGE, onlyProblem, specOf, WAR } from './support/texts';

describe('linting a pipeline', () => {
  it('finds nothing in good ones', () => {
    expect(check(WAR)).to.deep.include({ ok: true, problems: [] });
    expect(check(IMAGE)).to.deep.include({ ok: true, problems: [] });
  });

  it('refuses a gate for two people in solo mode, with the reason', () => {
    const problem = onlyProblem(WAR, { solo: true });
    expect(problem).to.include({ line: 27, code: 'solo-count', offending: '2', nearest: '1' });
    expect(problem.message).to.contain('one user (solo mode)');
  });

  const refused: [string, string, Record<string, unknown>][] = [
    ['an app name that Gantry uses itself', IMAGE.replace('storefront', 'gateway'), { code: 'app-name', line: 1 }],
    ['that no ref starts a run', `${IMAGE}on: { branches: [] }\n`, { code: 'no-refs', line: 6 }],
    [
      'base and image together',
      IMAGE.replace('image: {}', 'image: {}\n  base: gantry/tomcat'),
      { code: 'two-origins' },
    ],
    [
      'an artifact without a base',
      WAR.replace('  base: gantry/tomcat\n', ''),
      { code: 'artifact-without-base', line: 3 },
    ],
    [
      'a base without an artifact',
      IMAGE.replace('image: {}', 'base: gantry/tomcat'),
      { code: 'base-without-artifact' },
    ],
    ['that nothing is built', IMAGE.replace('  image: {}\n', ''), { code: 'nothing-to-build', line: 2 }],
    [
      'injection of an image',
      `${IMAGE}stages: { test: { deliver: inject } }\n`,
      { code: 'inject-image', nearest: 'image' },
    ],
    [
      'injection into gray',
      WAR.replace('deliver: image', 'deliver: inject'),
      { code: 'inject-in-production', line: 21 },
    ],
    ['share 0 with observe', WAR.replace('share: 5%', 'share: 0%'), { code: 'observe-without-share', line: 25 }],
    [
      'users whom nobody can tell',
      WAR.replace('{ cookie: gray, equals: "1" }', '{ users: [ada] }'),
      { code: 'users-without-identity', line: 24, path: 'stages.gray.rules.1' },
    ],
    [
      'a login header that carries the request',
      WAR.replace('share: 5%', 'share: 5%\n    identity: { header: Cookie, trustedFrom: [10.0.0.0/8] }'),
      { code: 'identity-header', line: 24, nearest: 'X-User' },
    ],
    [
      'keeping warm too long',
      WAR.replace('keepWarm: 30m', 'keepWarm: 8d'),
      { code: 'keep-warm-too-long', nearest: '7d' },
    ],
    ['a misspelt stage', `${IMAGE}stages: { prodution: {} }\n`, { code: 'stage-name', nearest: 'production' }],
    ['a stage called like a step', `${IMAGE}stages: { build-image: {} }\n`, { code: 'stage-name' }],
    ['an environment after gray', `${IMAGE}stages: { gray: {}, uat: {} }\n`, { code: 'stage-order' }],
    [
      'two commands of one name',
      `${IMAGE}build: { commands: [{ name: a, run: x }, { name: a, run: y }] }\n`,
      { code: 'command-name', path: 'build.commands.1.name' },
    ],
  ];
  for (const [what, text, expected] of refused) {
    it(`refuses ${what}`, () => {
      expect(onlyProblem(text)).to.deep.include({ severity: 'error', ...expected });
    });
  }

  it('refuses a Dockerfile or configuration file that is not there', () => {
    const text = IMAGE.replace('image: {}', 'image: {}\n  files: [{ from: conf/a, to: /etc/a }]');
    const seen: string[] = [];
    const files = (path: string) => {
      seen.push(path);
      return false;
    };
    expect(check(text, { files }).problems.map((problem) => problem.code)).to.deep.equal(['no-dockerfile', 'no-file']);
    expect(seen).to.deep.equal(['Dockerfile', 'conf/a']);
    expect(check(text, { files: () => true }).ok).to.equal(true);
  });

  it('looks for the files of users', () => {
    const identity = 'share: 5%\n    identity: { header: X-User, trustedFrom: [10.0.0.0/8] }';
    const text = WAR.replace('{ cookie: gray, equals: "1" }', '{ usersFile: qa.txt }').replace('share: 5%', identity);
    expect(check(text, { files: (path) => path === 'qa.txt' }).problems).to.deep.equal([]);
    const missing = onlyProblem(text, { files: () => false });
    expect(missing).to.include({ code: 'no-file', path: 'stages.gray.rules.1.usersFile' });
  });

  it('warns, and lets pass, what is only doubtful', () => {
    const judgesNothing = check(WAR.replace(', errors: "< 1%", p95: "< 300ms"', ''));
    expect(judgesNothing.ok).to.equal(true);
    expect(judgesNothing.problems[0]).to.include({ severity: 'warning', code: 'observe-judges-nothing' });
    const cold = check(WAR.replace('keepWarm: 30m', 'keepWarm: 0s'));
    expect(cold.problems[0]).to.include({ severity: 'warning', code: 'keep-warm-zero' });
  });

  it('points to the first line when it has only the spec', () => {
    const problems = lintPipeline(specOf(WAR), { solo: true });
    expect(problems[0]).to.include({ line: 1, column: 1, path: 'stages.production.approve.count' });
  });
});
