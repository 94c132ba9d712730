import { expect } from 'chai';
import fc from 'fast-check';
import { isTextWanted, type Proposal, proposePipeline, type RepositoryFile } from '../../pipelines/propose';
import type { PipelineSpec } from '../../pipelines/types';
import { check } from './support/texts';

describe('proposing a gantry.yml', () => {
  const propose = (files: RepositoryFile[]) => accepted(proposePipeline(files, 'My Shop'));

  it('takes port and health from a Dockerfile', () => {
    const text = 'FROM x\nEXPOSE 3000/tcp\nHEALTHCHECK CMD curl -f http://localhost:3000/healthz || exit 1\n';
    const spec = propose([{ path: 'Dockerfile', text }, { path: 'pom.xml' }]);
    expect(spec.app).to.equal('my-shop');
    expect(spec.build.image).to.include({ dockerfile: 'Dockerfile', context: '.' });
    expect(spec.serve).to.deep.include({ port: 3000 });
    expect(spec.serve.health.path).to.equal('/healthz');
  });

  it('finds the only Dockerfile in a folder', () => {
    expect(propose([{ path: 'web/Dockerfile' }]).build.image).to.include({
      dockerfile: 'web/Dockerfile',
      context: 'web',
    });
  });

  it('takes over the built service of a compose file', () => {
    const text =
      'services:\n  db: { image: postgres }\n  web:\n    build: { context: ./web, dockerfile: D }\n    ports: ["80:5000"]\n';
    const spec = propose([{ path: 'docker-compose.yml', text }]);
    expect(spec.build.image).to.include({ dockerfile: 'web/D', context: 'web' });
    expect(spec.serve.port).to.equal(5000);
  });

  it('puts a WAR into Tomcat', () => {
    const text = '<project><!-- <packaging>jar</packaging> --><packaging>war</packaging></project>';
    const spec = propose([{ path: 'pom.xml', text }]);
    expect(spec.build.artifact).to.include({ in: 'gantry/maven', take: 'target/*.war' });
    expect(spec.serve.base).to.equal('gantry/tomcat');
  });

  it('proposes a Dockerfile beside it for a JAR and for a Node project', () => {
    const jar = proposePipeline([{ path: 'pom.xml', text: '<project/>' }], 'app');
    expect(accepted(jar).build.image).not.to.equal(null);
    expect(jar.text).to.contain('#   FROM gantry/maven');
    const node = proposePipeline([{ path: 'package.json', text: '{"scripts":{"test":"node --test"}}' }], 'app');
    expect(accepted(node).build.commands[0]).to.include({ name: 'unit-tests', run: 'npm install && npm test' });
    expect(node.text).to.contain('#   FROM gantry/node');
  });

  it('answers with a skeleton that says what is missing when there is nothing to go by', () => {
    const proposal = proposePipeline([{ path: 'README.md' }], 'gantry');
    expect(proposal.complete).to.equal(false);
    expect(proposal.text).to.contain('app: gantry-app\n');
    const { ok, problems } = check(proposal.text);
    expect(ok).to.equal(false);
    expect(problems.map((problem) => problem.path)).to.deep.equal(['serve']);
  });

  it('asks for the texts that it reads', () => {
    const paths = ['Dockerfile', 'a/Dockerfile', 'pom.xml', 'compose.yaml', 'package.json', 'src/main.ts', 'a/pom.xml'];
    expect(paths.filter(isTextWanted)).to.deep.equal(paths.slice(0, 5));
  });

  it('is always accepted by lint when it claims to be complete', () => {
    const path = fc.oneof(
      fc.constantFrom('Dockerfile', 'compose.yml', 'pom.xml', 'package.json', 'a\nb/Dockerfile', 'true/Dockerfile'),
      fc.string({ unit: 'binary' }).map((folder) => `${folder}/Dockerfile`),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('<packaging>ear</packaging>', 'EXPOSE 99999', 'HEALTHCHECK CMD curl http://x/a'),
      fc
        .string({ unit: 'binary' })
        .map((name) => `services: { ${JSON.stringify(name)}: { build: ${JSON.stringify(name)} } }`),
    );
    fc.assert(
      fc.property(fc.array(fc.record({ path, text })), fc.string(), (files, name) => {
        const proposal = proposePipeline(files, name);
        if (proposal.complete) accepted(proposal);
      }),
      { numRuns: 500 },
    );
  });
});

function accepted(proposal: Proposal): PipelineSpec {
  const checked = check(proposal.text, { solo: true });
  expect(checked.problems, proposal.text).to.deep.equal([]);
  if (!checked.ok) throw new Error('refused');
  return checked.spec;
}
