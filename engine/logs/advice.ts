/** What is known of the step, for sentences that name a present limit. Sizes are bytes, times ms. */
export interface StepLimits {
  memory: number | null;
  /** Where the memory limit is set: `serve.resources.memory`. */
  memoryKey: string;
  healthWithin: number | null;
  port: number | null;
}

interface Known {
  /** Stable, for tests and for people who look it up. */
  name: string;
  pattern: RegExp;
  /** Says little: left out when anything else is known. */
  general?: true;
  advise(match: RegExpExecArray, limits: StepLimits): string;
}

/** How many sentences help; more are a list to be searched. */
const ADVICE_MAX = 3;

/** Class file versions and the Java that writes them: 61 is 17, 65 is 21. */
const JAVA_OF_CLASS_FILE = 44;

/** Known failures and what to try. Earlier entries are closer to the cause. */
const KNOWN: readonly Known[] = [
  {
    name: 'memory-limit',
    pattern: /exit code:? 137\b|ran out of memory|out of memory: yes|oom-?kill/i,
    advise: (_match, { memory, memoryKey }) =>
      `the kernel ended it at its memory limit${memory === null ? '' : ` of ${mib(memory)}`}: raise ${memoryKey}, or make it use less`,
  },
  {
    name: 'java-heap',
    pattern: /java\.lang\.OutOfMemoryError/,
    advise: (_match, { memory, memoryKey }) =>
      `Java's own heap was full${memory === null ? '' : `; the container has ${mib(memory)}`}: raise -Xmx (or -XX:MaxRAMPercentage), and ${memoryKey} with it`,
  },
  {
    name: 'node-heap',
    pattern: /JavaScript heap out of memory/,
    advise: () => "Node's own heap was full: raise NODE_OPTIONS=--max-old-space-size, below the memory limit",
  },
  {
    name: 'disk-full',
    pattern: /No space left on device|ENOSPC|Disk quota exceeded/i,
    advise: () => "the disk is full: free space on Docker's disk (docker system df), then push again",
  },
  {
    name: 'class-version',
    pattern: /class file version (\d+)(?:\.\d+)?\).* up to (\d+)/,
    advise: ([, compiled, known]) =>
      `the classes are of Java ${java(compiled)} and the server runs Java ${java(known)}: build with --release ${java(known)}, or choose a base with Java ${java(compiled)}`,
  },
  {
    name: 'java-release',
    pattern: /Source option \d+ is no longer supported/,
    advise: () => 'set maven.compiler.source and maven.compiler.target to the Java of the build, for example 17',
  },
  {
    name: 'no-web-inf',
    pattern: /has no WEB-INF\/ folder/,
    advise: () =>
      'the file that was taken is no WAR: set <packaging>war</packaging> (or the war plugin), and look at build.artifact.take',
  },
  {
    name: 'take-none',
    pattern: /left nothing that matches take: (\S+)/,
    advise: ([, glob]) =>
      `nothing matches ${glob?.replace(/;$/, '')}: write the pattern of the file that the build leaves, relative to gantry.yml`,
  },
  {
    name: 'take-several',
    pattern: /files match take: (\S+)/,
    advise: ([, glob]) => `make ${glob} so narrow that exactly one file matches, for example by its full name`,
  },
  {
    name: 'certificate',
    pattern:
      /PKIX path|CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|self[- ]signed certificate|unable to get (local )?issuer|x509: certificate/i,
    advise: () =>
      'the certificate is signed by an authority that the container does not know: give its PEM file as GANTRY_BUILD_CA_BUNDLE and build the bases again',
  },
  {
    name: 'unknown-host',
    pattern:
      /(?:Unknown host|UnknownHostException:|getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|Could not resolve host:?) ?'?([\w.-]+)?|Name or service not known/i,
    advise: ([, host]) =>
      `the name ${host ?? 'of a host'} is not known in the container: look at its spelling, or set a proxy (GANTRY_BUILD_HTTPS_PROXY) or a mirror that is reachable`,
  },
  {
    name: 'port-taken',
    pattern: /EADDRINUSE|Address already in use/i,
    advise: () => 'the program listens on this port twice: look for a second start in the same container',
  },
  {
    name: 'dependency-maven',
    pattern: /Could not find artifact (\S+)/,
    advise: ([, artifact]) =>
      `${artifact} is in none of the repositories that were asked: look at its name and version, or name the repository that has it`,
  },
  {
    name: 'dependency-npm',
    pattern: /(?:npm (?:ERR!|error) 404 .*'(\S+)' (?:could not be found|is not in))/,
    advise: ([, name]) =>
      `the registry has no ${name}: look at its name and version, or set the registry that has it in .npmrc`,
  },
  {
    name: 'module-node',
    pattern: /Cannot find module '([^']+)'/,
    advise: ([, name]) =>
      `add ${name} to "dependencies" in package.json (not to devDependencies), and copy node_modules into the image`,
  },
  {
    name: 'module-python',
    pattern: /No module named '?([\w.]+)'?|No matching distribution found for (\S+)/,
    advise: ([, module, wanted]) =>
      `add ${module ?? wanted} to requirements.txt as the index names it, and install it in the image`,
  },
  {
    name: 'module-go',
    pattern: /no required module provides package (\S+?);/,
    advise: ([, name]) => `write go get ${name}, then go mod tidy, and commit go.mod and go.sum`,
  },
  {
    name: 'header-c',
    pattern: /fatal error: (\S+): No such file or directory/,
    advise: ([, header]) =>
      `install the package that has ${header} (its name usually ends in -dev) in the image of the build`,
  },
  {
    name: 'script-npm',
    pattern: /Missing script: "?([\w:-]+)"?/,
    advise: ([, name]) => `add the script "${name}" to package.json, or call one that is there`,
  },
  {
    name: 'command',
    pattern: /(?:line \d+|sh: \d+|sh): ([\w./-]+): (?:command )?not found/,
    advise: ([, name]) =>
      `${name} is not in the image: use one that has it ("in:"), install it, or write ./${name?.replace(/^\.\//, '')} for a file of the repository`,
  },
  {
    name: 'permission',
    pattern: /(\S+): Permission denied|cannot \w+ '?([^']+)'?: Permission denied|EACCES/i,
    advise: ([, file, touched]) =>
      `${file ?? touched ?? 'a file'} may not be used by the user of the container: make it executable (git update-index --chmod=+x FILE), or give its folder to that user in the image`,
  },
  {
    name: 'tests',
    general: true,
    pattern:
      /There are (test failures|failures)|Tests run: \d+, Failures: [1-9]|\d+ failing$|^--- FAIL|AssertionError|^FAILED /m,
    advise: () => 'a test failed: run the same command on your machine, mend the code or the test, push again',
  },
  {
    name: 'never-answered',
    pattern: /was not healthy within .*: (connection refused|no connection|host unreachable)/,
    advise: (_match, { port, healthWithin }) =>
      `nothing listened on port ${port ?? 'of serve.port'} within ${seconds(healthWithin)}: the app must listen there on 0.0.0.0 (not on localhost); if it only starts slowly, raise serve.health.within`,
  },
  {
    name: 'wrong-answer',
    pattern: /was not healthy within .*: (\d{3}) ?([\w ]*)/,
    advise: ([, status, words], { healthWithin }) =>
      `the app answered ${[status, words?.trim()].filter(Boolean).join(' ')} for ${seconds(healthWithin)}: look at serve.health.path and status, and at what the app still waits for`,
  },
  {
    name: 'compiler',
    general: true,
    pattern: /COMPILATION ERROR|error TS\d+|\.java:\d+: error|: error: |\.go:\d+:\d+: |undefined reference to/,
    advise: () => 'the code does not compile: mend the first error, the others often follow from it',
  },
];

/** Their names, so that a test can ask for a story of each. */
export const KNOWN_FAILURES: readonly string[] = KNOWN.map(({ name }) => name);

/** What to try, at most three sentences, for what the log and the reason say. Pure. */
export function adviceFor(text: string, limits: StepLimits): { name: string; sentence: string }[] {
  const matching = KNOWN.filter(({ pattern }) => pattern.test(text));
  const special = matching.filter(({ general }) => general !== true);
  return (special.length > 0 ? special : matching).slice(0, ADVICE_MAX).map(({ name, pattern, advise }) => ({
    name,
    sentence: advise(pattern.exec(text) as RegExpExecArray, limits),
  }));
}

const mib = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;
const seconds = (ms: number | null): string => (ms === null ? 'its time' : `${ms / 1000} s`);
const java = (version: string | undefined): number => Number(version) - JAVA_OF_CLASS_FILE;
