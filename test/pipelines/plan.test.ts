import { expect } from 'chai';
import fc from 'fast-check';
import { givenProblem, planPipeline } from '../../pipelines/plan';
import type { Given, Plan } from '../../pipelines/types';
import { check, IMAGE, specOf, WAR } from './support/texts';

const names = (plan: Plan): string[] => plan.steps.map((step) => step.name);

describe('planning a run', () => {
  it('builds a WAR, layers it, seals it and walks three stages', () => {
    expect(names(planPipeline(specOf(WAR)))).to.deep.equal([
      'plan',
      'build-artifact',
      'layer-image',
      'seal',
      'test/deliver',
      'test/verify',
      'gray/deliver',
      'gray/approve',
      'gray/share',
      'gray/observe',
      'production/deliver',
      'production/approve',
      'production/promote',
      'production/retire',
    ]);
  });

  it('leaves out what the file does not ask for', () => {
    expect(names(planPipeline(specOf(`${IMAGE}stages: {}\n`)))).to.deep.equal([
      'plan',
      'build-image',
      'seal',
      'production/deliver',
      'production/promote',
      'production/retire',
    ]);
  });

  it('runs commands beside the build, and seals after all of them', () => {
    const text = `${IMAGE}build: { commands: [{ name: unit, run: make test }, { name: style, run: make lint }] }\n`;
    const plan = planPipeline(specOf(text));
    const needs = Object.fromEntries(plan.steps.map((step) => [step.name, step.needs]));
    expect(needs['command/unit']).to.deep.equal(['plan']);
    expect(needs['build-image']).to.deep.equal(['plan']);
    expect(needs.seal).to.deep.equal(['plan', 'command/unit', 'command/style', 'build-image']);
  });

  it('gives each step what belongs to its kind', () => {
    const plan = planPipeline(specOf(WAR));
    const spec = (name: string) => plan.steps.find((step) => step.name === name)?.spec;
    expect(spec('test/deliver')).to.deep.equal({ mode: 'inject', role: 'environment' });
    expect(spec('layer-image')).to.deep.equal({ base: 'gantry/tomcat' });
    expect(spec('production/approve')).to.deep.equal({ role: 'release-manager', count: 2, expires: 604_800_000 });
    expect(spec('production/promote')).to.deep.equal({ keepWarm: 1_800_000 });
  });

  it('takes what is given instead of building, and goes on as for any release', () => {
    const war: Given = { kind: 'war', digest: `sha256:${'1'.repeat(64)}`, name: 'shop.war' };
    const plan = planPipeline(specOf(WAR), war);
    expect(names(plan)).to.deep.equal(
      names(planPipeline(specOf(WAR))).map((name) => (name === 'build-artifact' ? 'take-artifact' : name)),
    );
    expect(plan.steps.find((step) => step.name === 'layer-image')?.needs).to.deep.equal(['take-artifact']);
    const image: Given = { kind: 'image', ref: `sha256:${'2'.repeat(64)}` };
    const byImage = planPipeline(specOf(WAR), image);
    expect(names(byImage).slice(0, 4)).to.deep.equal(['plan', 'take-image', 'seal', 'test/deliver']);
    expect(new Set(byImage.stages.map(({ deliver }) => deliver))).to.deep.equal(new Set(['image']));
    expect(givenProblem(specOf(WAR), image)).to.equal(null);
    expect(givenProblem(specOf(IMAGE), war)).to.match(/^shop.war needs a base to run on/);
  });

  it('has one hash for one meaning, however it is written', () => {
    const hash = (text: string) => planPipeline(specOf(text)).pipelineHash;
    expect(hash(WAR)).to.match(/^[0-9a-f]{64}$/);
    expect(hash(WAR)).to.equal(
      hash(WAR.replace('within: 60s', 'within: 1m').replace('app: ledger', '# x\napp: "ledger"')),
    );
    expect(hash(WAR)).not.to.equal(hash(WAR.replace('-Xmx256m', '-Xmx255m')));
  });

  it('is ordered, unique, and refers only backwards, whatever is planned', () => {
    fc.assert(
      fc.property(pipelines, (text) => {
        const checked = check(text);
        expect(checked.ok, JSON.stringify(checked.problems)).to.equal(true);
        if (!checked.ok) return;
        const { steps, stages } = planPipeline(checked.spec);
        expect(new Set(steps.map((step) => step.name)).size).to.equal(steps.length);
        const earlier = new Set<string>();
        for (const step of steps) {
          for (const need of step.needs) expect(earlier.has(need), need).to.equal(true);
          expect(step.needs.length > 0 || step.name === 'plan').to.equal(true);
          expect(step.timeout).to.be.above(0);
          earlier.add(step.name);
        }
        const order = [...new Set(steps.map((step) => step.stage))];
        expect(order).to.deep.equal(['build', ...stages.map((stage) => stage.name)]);
      }),
    );
  });
});

/** Texts of all shapes that lint lets pass. */
const pipelines = fc
  .record({
    isWar: fc.boolean(),
    commands: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
    environments: fc.uniqueArray(fc.constantFrom('test', 'uat', 'load')),
    gray: fc.option(fc.record({ share: fc.integer({ min: 1, max: 100 }), isObserved: fc.boolean() })),
    approvers: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ isWar, commands, environments, gray, approvers }) => {
    const approve = approvers === 0 ? '' : `approve: { role: r, count: ${approvers} }`;
    const observe = gray?.isObserved === true ? ', observe: { for: 5s, errors: "< 2%" }' : '';
    return [
      'app: any',
      `build: { commands: [${commands.map((name) => `{ name: ${name}, run: x }`).join(', ')}]`,
      ...(isWar ? [', artifact: { in: gantry/maven, run: x, take: "*.war" }'].map((line) => `  ${line}`) : []),
      '  }',
      `serve: { ${isWar ? 'base: gantry/tomcat' : 'image: {}'}, port: 80, health: { path: / } }`,
      'stages:',
      ...environments.map((name) => `  ${name}: { ${approve} }`),
      ...(gray === null ? [] : [`  gray: { share: ${gray.share}%${observe} }`]),
      `  production: { ${approve} }`,
      '',
    ].join('\n');
  });
