import { expect } from 'chai';
import fc from 'fast-check';
import {
  isTextWanted,
  type Proposal,
  proposeApps,
  proposePipeline,
  type RepositoryFile,
} from '../../pipelines/propose';
import type { PipelineSpec } from '../../pipelines/types';
import { check } from './support/texts';

const toml = (lines: string): RepositoryFile => ({ path: 'pyproject.toml', text: lines });
const PYTHON: [string, RepositoryFile[], string][] = [
  [
    'Flask by gunicorn',
    [
      { path: 'requirements.txt', text: '# web\nFlask>=3\ngunicorn\n' },
      { path: 'server.py', text: 'from flask import Flask\nsite = Flask(__name__)\n' },
    ],
    'CMD ["gunicorn","--bind","0.0.0.0:8000","server:site"]',
  ],
  [
    'FastAPI by uvicorn',
    [
      toml('[project]\nname = "rates"\ndependencies = ["fastapi[all]>=0.1"]\n'),
      { path: 'src/rates/main.py', text: 'app: FastAPI = FastAPI()\n' },
    ],
    '"rates.main:app"]',
  ],
  [
    'Django by the module that it made',
    [toml('[tool.poetry.dependencies]\npython = "^3.11"\nDjango = "5"\n'), { path: 'bank/wsgi.py' }],
    '"bank.wsgi:application"]',
  ],
  ['a script by python', [{ path: 'requirements.txt', text: '' }, { path: 'main.py' }], 'CMD ["python","main.py"]'],
];

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
    const jar = proposePipeline(
      [{ path: 'pom.xml', text: '<artifactId>spring-boot-starter-actuator</artifactId>' }],
      'a',
    );
    expect(accepted(jar).serve.health.path).to.equal('/actuator/health');
    expect(jar.dockerfile?.text).to.contain('FROM gantry/maven').and.to.contain('java", "-jar"');
    const node = proposePipeline([{ path: 'package.json', text: '{"scripts":{"test":"node --test"}}' }], 'app');
    expect(accepted(node).build.commands[0]).to.include({ name: 'unit-tests', run: 'npm install && npm test' });
    expect(node.dockerfile?.path).to.equal('Dockerfile');
    expect(node.dockerfile?.text).to.contain('FROM gantry/node');
  });

  it('builds a Gradle WAR with the wrapper, and puts it into Tomcat', () => {
    const files = [
      { path: 'build.gradle', text: "// id 'application'\nplugins {\n  id 'war'\n}\n" },
      { path: 'gradlew' },
    ];
    const proposal = proposePipeline(files, 'app');
    const spec = accepted(proposal);
    expect(spec.build.artifact).to.include({ run: 'sh gradlew --no-daemon war', take: 'build/libs/*.war' });
    expect([spec.serve.base, proposal.dockerfile]).to.deep.equal(['gantry/tomcat', null]);
  });

  it('starts a Spring Boot JAR and a Gradle application in images of their own', () => {
    const boot = proposePipeline([{ path: 'build.gradle.kts', text: 'id("org.springframework.boot")' }], 'app');
    accepted(boot);
    expect(boot.dockerfile?.text).to.contain('gradle --no-daemon bootJar && cp build/libs/*.jar');
    expect(boot.why.join()).to.contain('gradle wrapper');
    const plain = proposePipeline([{ path: 'build.gradle.kts', text: 'plugins {\n  application\n}' }], 'app');
    accepted(plain);
    expect(plain.dockerfile?.text).to.contain('CMD ["/opt/app/bin/start"]');
  });

  it('finds the main package of a Go module, its port and its health path', () => {
    const main =
      'package main\nfunc main() {\n  http.HandleFunc("/healthz", ok)\n  http.ListenAndServe(":9000", nil)\n}';
    const proposal = proposePipeline(
      [
        { path: 'go.mod', text: 'module example.org/bank/rates\n\ngo 1.21\n' },
        { path: 'cmd/import/main.go', text: 'package main' },
        { path: 'cmd/rates/main.go', text: main },
        { path: 'internal/rate_test.go' },
      ],
      'app',
    );
    const spec = accepted(proposal);
    expect([spec.serve.port, spec.serve.health.path]).to.deep.equal([9000, '/healthz']);
    expect(proposal.dockerfile?.text).to.contain('go build -o /usr/local/bin/app ./cmd/rates');
    expect(spec.build.commands[0]).to.include({ in: 'gantry/go', run: 'go test ./...' });
    expect(proposal.why.join()).to.contain('./cmd/import');
  });

  it('says when a Go module wants a newer Go than there is', () => {
    const files = [{ path: 'go.mod', text: 'module x\ngo 1.99\n' }, { path: 'main.go' }];
    expect(proposePipeline(files, 'app').why.join()).to.contain('Go 1.99');
  });

  for (const [kind, files, command] of PYTHON) {
    it(`serves ${kind}`, () => {
      const proposal = proposePipeline(files, 'app');
      expect(accepted(proposal).serve.port).to.equal(8000);
      expect(proposal.dockerfile?.text).to.contain(command);
    });
  }

  it('installs the server that a Python project does not ask for', () => {
    const { dockerfile } = proposePipeline([{ path: 'requirements.txt', text: 'Flask==3.0\n' }], 'app');
    expect(dockerfile?.text).to.contain('pip install -r requirements.txt gunicorn');
  });

  it('finds each app of a repository that holds several', () => {
    const apps = proposeApps(
      [
        { path: 'README.md' },
        { path: 'services/shop/package.json', text: '{}' },
        { path: 'services/shop/web/Dockerfile', text: '' },
        { path: 'services/stock/go.mod', text: 'module stock\ngo 1.20\n' },
        { path: 'services/stock/main.go', text: 'package main' },
        { path: 'tools/stock/requirements.txt', text: 'flask' },
      ],
      'bank',
    );
    expect(apps.map(({ folder, app }) => [folder, app])).to.deep.equal([
      ['services/shop', 'shop'],
      ['services/stock', 'services-stock'],
      ['tools/stock', 'tools-stock'],
    ]);
    for (const app of apps) accepted(app);
  });

  it('counts a folder that has a gantry.yml, and looks into none when the repository itself has one', () => {
    const files = [{ path: 'a/gantry.yml' }, { path: 'b/Dockerfile', text: '' }, { path: 'b/c/Dockerfile', text: '' }];
    expect(proposeApps(files, 'shop').map(({ folder }) => folder)).to.deep.equal(['a', 'b']);
    expect(proposeApps([...files, { path: 'gantry.yml' }], 'shop').map(({ folder }) => folder)).to.deep.equal(['.']);
  });

  it('takes a repository that is an app itself as one', () => {
    const files = [
      { path: 'Dockerfile', text: '' },
      { path: 'docs/site/package.json', text: '{}' },
    ];
    expect(proposeApps(files, 'shop').map(({ folder, app }) => [folder, app])).to.deep.equal([['.', 'shop']]);
  });

  it('leaves a compose file with several built services to their folders', () => {
    const text = 'services: { web: { build: ./web }, api: { build: ./api } }';
    const files = [{ path: 'compose.yml', text }, { path: 'web/Dockerfile' }, { path: 'api/Dockerfile' }];
    expect(proposeApps(files, 'shop').map(({ folder }) => folder)).to.deep.equal(['api', 'web']);
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
    const paths = [
      'Dockerfile',
      'a/Dockerfile',
      'pom.xml',
      'compose.yaml',
      'a/pom.xml',
      'cmd/x/main.go',
      'src/main.ts',
    ];
    expect(paths.filter(isTextWanted)).to.deep.equal(paths.slice(0, -1));
  });

  it('is always accepted by lint when it claims to be complete', () => {
    const path = fc.oneof(
      fc.constantFrom(
        ...['Dockerfile', 'compose.yml', 'pom.xml', 'package.json', 'a\nb/Dockerfile', 'true/Dockerfile'],
        ...['build.gradle', 'go.mod', 'main.go', 'cmd/a\nb/main.go', 'requirements.txt', 'pyproject.toml', 'app.py'],
      ),
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
        for (const app of proposeApps(files, name)) if (app.complete) accepted(app);
      }),
      { numRuns: 300 },
    );
  });
});

function accepted(proposal: Proposal): PipelineSpec {
  const checked = check(proposal.text, { solo: true });
  expect(checked.problems, proposal.text).to.deep.equal([]);
  if (!checked.ok) throw new Error('refused');
  return checked.spec;
}
