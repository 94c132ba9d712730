/**
 * The base containers that Gantry builds for itself: a folder of `fixtures/bases` each, tagged `gantry/<name>:latest`.
 */

export interface BaseRecipe {
  /** Folder in `fixtures/bases` and last part of the tag. */
  name: string;
  /** The base that this one is built on; null for the root, which comes from a registry or from Debian's packages. */
  from: string | null;
  purpose: string;
  /** Built when an app first needs it, not beforehand. */
  lazy?: true;
  /** npm packages put into the build context as files: file name → package and version. */
  packages?: Readonly<Record<string, string>>;
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
  { name: 'tomcat', from: 'debian', purpose: 'Tomcat 10.1 on Java 17, to serve a WAR' },
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
