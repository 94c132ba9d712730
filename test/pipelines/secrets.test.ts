import { expect } from 'chai';
import fc from 'fast-check';
import { planPipeline } from '../../pipelines/plan';
import { everyKey } from '../../pipelines/schema';
import type { PipelineSpec } from '../../pipelines/types';
import { check, IMAGE, onlyProblem, specOf, WAR } from './support/texts';

describe('secrets in gantry.yml', () => {
  it('are named by commands, builds, checks and what serves, and a stage may name its own instead', () => {
    const spec = specOf(`app: storefront
build:
  commands:
    - { name: unit, run: npm test, secrets: [NPM_TOKEN] }
serve:
  image: {}
  port: 3000
  health: { path: /health }
  secrets: [DB_PASSWORD]
stages:
  test:
    serve: { secrets: [DB_PASSWORD, fake.pem] }
    verify: [{ run: ./smoke.sh, secrets: [API_KEY] }]
  gray: {}
`);
    expect(spec.build.commands[0]?.secrets).to.deep.equal(['NPM_TOKEN']);
    expect(spec.stages.map(({ serve }) => serve.secrets)).to.deep.equal([
      ['DB_PASSWORD', 'fake.pem'],
      ['DB_PASSWORD'],
      ['DB_PASSWORD'],
    ]);
    expect(spec.stages[0]?.verify[0]).to.deep.include({ secrets: ['API_KEY'] });
  });

  it('that nobody names leave a pipeline as it was: its hash stays', () => {
    const text = (serve: string) => `${IMAGE}${serve}`;
    const hash = (spec: PipelineSpec) => planPipeline(spec).pipelineHash;
    expect(JSON.stringify(specOf(WAR))).to.not.contain('secrets');
    expect(specOf(text('  secrets: []\n')).stages[0]?.serve).to.not.have.property('secrets');
    expect(hash(specOf(text('')))).to.not.equal(hash(specOf(text('  secrets: [DB_PASSWORD]\n'))));
  });

  it('have names that are files and nothing else', () => {
    for (const name of ['../../etc/passwd', '.hidden', 'a/b', '', '1st', 'a b', 'x'.repeat(65)]) {
      const { message } = onlyProblem(`${IMAGE}  secrets: [${JSON.stringify(name)}]\n`);
      expect(message, name).to.contain('a name of at most 64 letters');
    }
    expect(onlyProblem(`${IMAGE}  secrets: [A_NAME, A_NAME]\n`).message).to.contain('each name once');
  });

  it('are refused to a Dockerfile, with the reason', () => {
    const { message, line } = onlyProblem(IMAGE.replace('image: {}', 'image:\n    secrets: [NPM_TOKEN]'));
    expect(message).to.contain('"secrets" is not a key of serve.image').and.to.contain('would stay in its layers');
    expect(line).to.equal(4);
  });

  it('of production are given after people were asked: there the question comes first', () => {
    const names = (text: string) => planPipeline(specOf(text)).steps.map(({ name }) => name);
    expect(names(WAR).join(' ')).to.contain('gray/deliver gray/approve gray/share');
    const served = names(WAR.replace('  port: 8080\n', '  port: 8080\n  secrets: [DB_PASSWORD]\n')).join(' ');
    expect(served).to.contain('test/deliver test/verify gray/approve gray/deliver gray/share');
    expect(served).to.contain('production/approve production/deliver production/promote');
    const checked = names(
      WAR.replace('    keepWarm', '    verify: [{ run: ./look.sh, secrets: [KEY_OF_SHOP] }]\n    keepWarm'),
    );
    expect(checked.join(' ')).to.contain('gray/deliver gray/approve gray/share');
    expect(checked.join(' ')).to.contain('production/approve production/deliver production/verify');
  });
});

describe('what a pipeline asks of containers', () => {
  /** Everything that Docker, compose files and other engines know to loosen a container. */
  const LOOSE = [
    'privileged',
    'volumes',
    'devices',
    'cap_add',
    'security_opt',
    'network_mode',
    'network',
    'pid',
    'ipc',
  ];
  const PLACES: ((entry: string) => string)[] = [
    (entry) =>
      `app: a1\nbuild:\n  commands:\n    - { name: x, run: "true", ${entry} }\nserve: { image: {}, port: 1, health: { path: / } }\n`,
    (entry) =>
      `app: a1\nbuild:\n  artifact: { in: gantry/maven, run: mvn, take: x.war, ${entry} }\nserve: { base: gantry/tomcat, port: 1, health: { path: / } }\n`,
    (entry) => `app: a1\nserve: { image: { ${entry} }, port: 1, health: { path: / } }\n`,
    (entry) => `app: a1\nserve: { image: {}, port: 1, health: { path: / }, ${entry} }\n`,
    (entry) => `app: a1\nserve: { image: {}, port: 1, health: { path: / }, resources: { ${entry} } }\n`,
    (entry) =>
      `app: a1\nserve: { image: {}, port: 1, health: { path: / } }\nstages: { test: { serve: { ${entry} } } }\n`,
    (entry) =>
      `app: a1\nserve: { image: {}, port: 1, health: { path: / } }\nstages: { test: { verify: [{ run: "true", ${entry} }] } }\n`,
    (entry) => `app: a1\nserve: { image: {}, port: 1, health: { path: / } }\nstages: { test: { ${entry} } }\n`,
  ];

  it('is refused with the reason where it would loosen them [S11]', () => {
    for (const place of PLACES) {
      for (const key of LOOSE) {
        const { message, code } = onlyProblem(place(`${key}: true`));
        expect(code, `${key} in ${place('…')}`).to.equal('unknown-key');
        expect(message).to.contain('A container has only what Gantry gives it');
      }
    }
  });

  it('is refused whatever it is called, unless the language has a key for it [S11]', () => {
    const known = new Set(everyKey().map(({ key }) => key));
    const key = fc
      .oneof(fc.constantFrom(...LOOSE), fc.string({ minLength: 1, maxLength: 16 }))
      .filter((k) => !known.has(k));
    const value = fc.oneof(fc.boolean(), fc.string(), fc.integer(), fc.constant(['/:/host']), fc.constant({ a: 1 }));
    fc.assert(
      fc.property(fc.constantFrom(...PLACES), key, value, (place, name, wish) => {
        expect(check(place(`${JSON.stringify(name)}: ${JSON.stringify(wish)}`)).ok).to.equal(false);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a build argument', () => {
  it('is no order to the builder: those would fetch a program and build with it [S13]', () => {
    const text = IMAGE.replace('image: {}', 'image: { args: { BUILDKIT_SYNTAX: "evil/frontend" } }');
    expect(onlyProblem(text).message).to.contain('nor BUILDKIT_');
    expect(specOf(text.replace('BUILDKIT_SYNTAX', 'VERSION')).build.image?.args).to.deep.equal({
      VERSION: 'evil/frontend',
    });
  });
});
