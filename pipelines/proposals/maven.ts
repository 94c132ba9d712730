import { type ArtifactOrigin, type Finding, type RepositoryFile, suggestedImage, textOf } from './finding';
import { jarHealth, javaImage } from './java';

const BUILD = { kind: 'artifact', in: 'gantry/maven', run: 'mvn -B package', cache: '~/.m2' } as const;

/** A Maven project: a WAR for Tomcat, an EAR for a Jakarta EE server, or a JAR in an image of its own. */
export function findMaven(files: readonly RepositoryFile[]): Finding | null {
  const text = textOf(files, 'pom.xml');
  if (text === null) return null;
  const packaging = /<packaging>\s*([a-z-]+)\s*<\/packaging>/.exec(withoutComments(text))?.[1] ?? 'jar';
  if (packaging === 'war') {
    const why = ['pom.xml packages a WAR: Maven builds it in a container, and Tomcat serves it.'];
    return artifactFinding({ ...BUILD, base: 'gantry/tomcat', take: 'target/*.war' }, why);
  }
  if (packaging === 'ear') {
    const why = [
      'pom.xml packages an EAR: Maven builds it in a container, and a Jakarta EE server serves it.',
      'gantry/open-liberty and gantry/wildfly serve it as well: name one of them in serve.base if production has it.',
    ];
    return artifactFinding({ ...BUILD, base: 'gantry/tomee', take: 'target/*.ear' }, why);
  }
  return packaging === 'jar' ? jarFinding(text) : null;
}

function artifactFinding(origin: ArtifactOrigin, why: string[]): Finding {
  return {
    why: [...why, '/health is a guess: name a path that answers 200 when the app works.'],
    origin,
    port: 8080,
    healthPath: '/health',
    test: null,
  };
}

function jarFinding(text: string): Finding {
  const { healthPath, why } = jarHealth(text);
  return {
    why: ['pom.xml packages a JAR that starts by itself: it needs a Dockerfile, and one is proposed.', why],
    origin: suggestedImage(javaImage({ cache: '/root/.m2', run: 'mvn -B package', jar: 'target/*.jar' })),
    port: 8080,
    healthPath,
    test: null,
  };
}

function withoutComments(text: string): string {
  return text
    .split('<!--')
    .map((part, index) => (index === 0 ? part : part.slice(part.indexOf('-->') + 3)))
    .join('');
}
