/**
 * The base containers that Gantry builds for itself: a folder of `fixtures/bases` each, tagged `gantry/<name>:latest`.
 */
import type { ServletAge } from '../workspace/servlet-age';
import type { MavenFile } from './maven-file';

export interface BaseRecipe {
  /** Folder in `fixtures/bases` and last part of the tag. */
  name: string;
  /** The base that this one is built on; null for the root, which comes from a registry or from Debian's packages. */
  from: string | null;
  purpose: string;
  /** Which servlets it serves; it serves none when left out. */
  servlets?: ServletAge;
  /** Built when an app first needs it, not beforehand. */
  lazy?: true;
  /** npm packages put into the build context as files: file name → package and version. */
  packages?: Readonly<Record<string, string>>;
  /** Files of Maven Central put into the build context: file name → which. */
  downloads?: Readonly<Record<string, MavenFile>>;
}

/** The Node of the `node` base: the same that Gantry runs on. */
const NODE_VERSION = '24.21.0';
const NPM_VERSION = '11.21.2';

export const RECIPES: readonly BaseRecipe[] = [
  { name: 'debian', from: null, purpose: "Debian 12, small, with this host's certificates" },
  { name: 'gateway', from: 'debian', purpose: 'HAProxy, in front of the apps' },
  {
    name: 'node',
    from: 'debian',
    purpose: `Node ${NODE_VERSION} and npm, for apps with a Dockerfile`,
    packages: { 'node.tgz': `node-linux-${process.arch}@${NODE_VERSION}`, 'npm.tgz': `npm@${NPM_VERSION}` },
  },
  { name: 'maven', from: 'debian', purpose: 'JDK 17 and Maven, to build WAR and EAR' },
  { name: 'tomcat', from: 'debian', purpose: 'Tomcat 10.1 on Java 17, to serve a WAR', servlets: 'jakarta' },
  {
    name: 'java',
    from: 'debian',
    purpose: 'Java 17, what the Jakarta EE servers run on',
    lazy: true,
    downloads: {
      'postgresql.jar': {
        path: 'org/postgresql/postgresql/42.7.14/postgresql-42.7.14.jar',
        sha256: '73914527305a40cce504b0d3d90b23caf565136912d607ae8ae7c5895512332c',
      },
      'h2.jar': {
        path: 'com/h2database/h2/2.4.240/h2-2.4.240.jar',
        sha256: '29b70e427cc1c40cdc376283adbb0cc62853073797bb5fe5761f81fe73d57ce0',
      },
    },
  },
  {
    name: 'tomcat9',
    from: 'java',
    purpose: 'Tomcat 9.0 on Java 17, to serve a WAR of the javax age',
    servlets: 'javax',
    lazy: true,
    downloads: {
      'server.tar.gz': {
        path: 'org/apache/tomcat/tomcat/9.0.117/tomcat-9.0.117.tar.gz',
        sha256: 'f74a0b061e2b0068ec2a17a5e01c250851f6f30f362c8127209a2a6ef7952b29',
      },
    },
  },
  {
    name: 'tomee',
    from: 'java',
    purpose: 'TomEE plus 9.0 on Java 17, to serve a WAR or EAR of Jakarta EE 9.1',
    servlets: 'jakarta',
    lazy: true,
    downloads: {
      'server.tar.gz': {
        path: 'org/apache/tomee/apache-tomee/9.0.0/apache-tomee-9.0.0-plus.tar.gz',
        sha256: '328c545bc94f4de1bfb915068b6929f3a5428506a12b88560719d6516f2e7de5',
      },
    },
  },
  {
    name: 'open-liberty',
    from: 'java',
    purpose: 'Open Liberty 26 on Java 17, to serve a WAR or EAR of Jakarta EE 10',
    servlets: 'jakarta',
    lazy: true,
    downloads: {
      'server.zip': {
        path: 'io/openliberty/openliberty-runtime/26.0.0.3/openliberty-runtime-26.0.0.3.zip',
        sha256: 'bf394f83897a5aa4d0564604637e934c8f64b9fcb06a8dfcec2a49feed951778',
      },
    },
  },
  {
    name: 'wildfly',
    from: 'java',
    purpose: 'WildFly 39 on Java 17, to serve a WAR or EAR of Jakarta EE 10',
    servlets: 'jakarta',
    lazy: true,
    downloads: {
      'server.tar.gz': {
        path: 'org/wildfly/wildfly-dist/39.0.1.Final/wildfly-dist-39.0.1.Final.tar.gz',
        sha256: '30ce0874378d1100289d4820fce1f7646ab1278f8c30c7ae9bb84c16cbd510cb',
      },
    },
  },
  { name: 'go', from: 'debian', purpose: 'Go 1.23, to build programs', lazy: true },
  { name: 'python', from: 'debian', purpose: 'Python 3.11 and pip, for apps with a Dockerfile', lazy: true },
];

/** What everybody needs; the others are built when an app first names them. */
export const USUAL_BASES: readonly string[] = RECIPES.filter(({ lazy }) => lazy !== true).map(({ name }) => name);

/** `gantry/tomcat:latest` for `tomcat`. */
export function baseTag(name: string): string {
  return `gantry/${name}:latest`;
}

/** The name of the recipe that makes this image: `go` for `gantry/go`; undefined for every other image. */
export function baseOfImage(image: string): string | undefined {
  return RECIPES.find(({ name }) => image === `gantry/${name}` || image === baseTag(name))?.name;
}

/**
 * The recipes that must be there for `names` (their bases included), bases first.
 * @throws Error when a name is no base; the message lists those that are.
 */
export function planBases(names: readonly string[], recipes: readonly BaseRecipe[] = RECIPES): BaseRecipe[] {
  const planned = new Map<string, BaseRecipe>();
  const add = (name: string, walked: readonly string[]): void => {
    const recipe = recipes.find((each) => each.name === name);
    if (recipe === undefined) {
      const known = recipes.map((each) => each.name).join(', ');
      throw new Error(`There is no base named "${name}". The bases are: ${known}.`);
    }
    if (walked.includes(name)) {
      throw new Error(`The bases ${[...walked, name].join(' → ')} are built on each other: a circle has no start.`);
    }
    if (recipe.from !== null) {
      add(recipe.from, [...walked, name]);
    }
    planned.set(name, recipe);
  };
  for (const name of names) {
    add(name, []);
  }
  return [...planned.values()];
}
