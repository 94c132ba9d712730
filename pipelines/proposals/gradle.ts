import { type Finding, hasFile, healthIn, type RepositoryFile, suggestedImage, textOf } from './finding';
import { jarHealth, javaImage } from './java';

const BUILD_FILES = ['build.gradle', 'build.gradle.kts'];

/** A Gradle project: a WAR for Tomcat, a Spring Boot JAR or an application in an image of its own. */
export function findGradle(files: readonly RepositoryFile[]): Finding | null {
  const name = BUILD_FILES.find((path) => textOf(files, path) !== null);
  const text = name === undefined ? null : withoutComments(textOf(files, name) ?? '');
  if (name === undefined || text === null) return null;
  const boots = hasPlugin(text, 'org.springframework.boot');
  const wrapped = hasFile(files, /^gradlew$/);
  // By sh: in a repository that was made on another system the wrapper is often not executable.
  const gradle = `${wrapped ? 'sh gradlew' : 'gradle'} --no-daemon`;
  const why = wrapped
    ? ['The wrapper (gradlew) fetches its own Gradle from the address in gradle-wrapper.properties.']
    : ['There is no gradlew: add it with "gradle wrapper", since no base has a Gradle.'];
  if (hasPlugin(text, 'war')) return warFinding(name, `${gradle} ${boots ? 'bootWar' : 'war'}`, why, files);
  if (boots) return bootFinding(name, `${gradle} bootJar`, why, text);
  return hasPlugin(text, 'application') ? applicationFinding(name, `${gradle} installDist`, why) : null;
}

function warFinding(name: string, run: string, why: string[], files: readonly RepositoryFile[]): Finding {
  const { healthPath, why: health } = healthIn(files.map(({ text }) => text ?? ''));
  return {
    why: [`${name} applies the war plugin: Gradle builds it in a container, and Tomcat serves it.`, ...why, health],
    origin: {
      kind: 'artifact',
      ...{ base: 'gantry/tomcat', in: 'gantry/maven', run, take: 'build/libs/*.war', cache: '~/.gradle' },
    },
    port: 8080,
    healthPath,
    test: null,
  };
}

function bootFinding(name: string, run: string, why: string[], text: string): Finding {
  const { healthPath, why: health } = jarHealth(text);
  return {
    why: [`${name} makes a Spring Boot JAR: it needs a Dockerfile, and one is proposed.`, ...why, health],
    origin: suggestedImage(javaImage({ cache: CACHE, run, jar: 'build/libs/*.jar' })),
    port: 8080,
    healthPath,
    test: null,
  };
}

const CACHE = '/root/.gradle';

/** The plugin's own start script knows the class path; only its name differs from project to project. */
function applicationFinding(name: string, run: string, why: string[]): Finding {
  return {
    why: [
      `${name} applies the application plugin: it needs a Dockerfile, and one is proposed.`,
      ...why,
      'Port 8080 and /health are guesses.',
    ],
    origin: suggestedImage([
      'FROM gantry/maven',
      'WORKDIR /app',
      'COPY . .',
      `RUN --mount=type=cache,target=${CACHE} ${run} \\`,
      ' && cp -r build/install/* /opt/app && rm /opt/app/bin/*.bat && mv /opt/app/bin/* /opt/app/bin/start',
      'EXPOSE 8080',
      'USER nobody',
      'CMD ["/opt/app/bin/start"]',
    ]),
    port: 8080,
    healthPath: '/health',
    test: null,
  };
}

/** `id 'war'`, `id("war")`, `apply plugin: 'war'`, and in Kotlin a bare `war` or `` `war` `` on a line of its own. */
function hasPlugin(text: string, plugin: string): boolean {
  const name = plugin.replaceAll('.', '\\.');
  return new RegExp(`(?:id|plugin:)[ \\t(]*["']${name}["']|^[ \\t]*\`?${name}\`?[ \\t]*$`, 'm').test(text);
}

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
