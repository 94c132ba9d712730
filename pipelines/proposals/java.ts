import { DEFAULT_HEALTH } from './finding';

interface JarBuild {
  /** Folder that the build tool keeps what it fetched in, in the build stage. */
  cache: string;
  run: string;
  /** Pattern of the one JAR that starts by itself. */
  jar: string;
}

/** A Dockerfile that builds a JAR and starts it. `gantry/maven` has the JDK, whatever the build tool. */
export function javaImage({ cache, run, jar }: JarBuild): string[] {
  return [
    'FROM gantry/maven',
    'WORKDIR /app',
    'COPY . .',
    `RUN --mount=type=cache,target=${cache} ${run} && cp ${jar} app.jar`,
    'EXPOSE 8080',
    'USER nobody',
    'CMD ["java", "-jar", "app.jar"]',
  ];
}

/** Where an app that starts from a JAR says how it is, judged by its build file. */
export function jarHealth(buildFile: string): { healthPath: string; why: string } {
  return buildFile.includes('spring-boot-starter-actuator')
    ? { healthPath: '/actuator/health', why: 'Its actuator answers at /actuator/health; port 8080 is the usual one.' }
    : { healthPath: DEFAULT_HEALTH, why: `Port 8080 and ${DEFAULT_HEALTH} are guesses.` };
}
