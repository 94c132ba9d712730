/**
 * The only reader of the environment. Each main reads its settings once and hands them down by arguments.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { RUN_LIMITS, type RunLimits } from './engine/model/run-limits';
import type { RetentionPolicy } from './engine/retention/policy';
import { networks, ownTlsFiles, publicUrl, type TlsFiles, tlsSettings } from './front-settings';
import { type MailSettings, mailSettings, type OutgoingSettings, outgoingSettings } from './outgoing-settings';
import { DEFAULT_POOL, LABEL_PATTERN } from './pipelines/names';
import { retentionSettings } from './retention-settings';
import type { BuildSettings } from './runners/bases/build-settings';
import { type ProviderSettings, providerSettings } from './signin-settings';

export type { TlsFiles } from './front-settings';

export interface BaseSettings {
  /** `fixtures/bases`. */
  recipesFolder: string;
  /** What was fetched or compiled once and serves every checkout. */
  cacheFolder: string;
  /** npm's own program, when the launcher brought one. */
  npmCli?: string;
  builds: BuildSettings;
  /** What programs that are started for a build inherit. */
  environment: NodeJS.ProcessEnv;
}

/** Settings of base images and builds. Empty variables count as not set. */
export function baseSettings(environment: NodeJS.ProcessEnv = process.env): BaseSettings {
  const builds: BuildSettings = {
    ...set('caBundle', environment.GANTRY_BUILD_CA_BUNDLE),
    ...set('httpProxy', environment.GANTRY_BUILD_HTTP_PROXY ?? environment.http_proxy),
    ...set('httpsProxy', environment.GANTRY_BUILD_HTTPS_PROXY ?? environment.https_proxy),
    ...set('noProxy', environment.GANTRY_BUILD_NO_PROXY ?? environment.no_proxy),
    ...set('registryMirror', environment.GANTRY_BUILD_REGISTRY),
    ...set('registryUser', environment.GANTRY_BUILD_REGISTRY_USER),
    ...set('registryPassword', environment.GANTRY_BUILD_REGISTRY_PASSWORD),
    ...(buildNetwork(environment.GANTRY_BUILD_NETWORK) === 'none' ? { appNetwork: 'none' } : {}),
    ...set('debianMirror', environment.GANTRY_BUILD_DEBIAN_MIRROR),
    ...set('mavenMirror', environment.GANTRY_BUILD_MAVEN_MIRROR),
  };
  return {
    recipesFolder: join(checkoutFolder(), 'fixtures', 'bases'),
    cacheFolder: environment.GANTRY_CACHE || join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'gantry'),
    ...set('npmCli', environment.GANTRY_NPM_CLI),
    builds,
    environment,
  };
}

/** @throws Error in the words of the manual */
function buildNetwork(text: string | undefined): string | undefined {
  if (text === undefined || text === '' || text === 'none') return text;
  throw new Error(`GANTRY_BUILD_NETWORK is "${text}"; it must be none, or left out`);
}

export interface Address {
  host: string;
  port: number;
}

/** What every process of Gantry needs to know. */
export interface HouseSettings {
  /** The data folder. */
  home: string;
  /** The checkout, or wherever package.json lies. */
  root: string;
  version: string;
  /** Where web listens. */
  listen: Address;
  /** Where the gateway listens. */
  gateway: Address;
  /** Hosts of environments live under it: `storefront.localhost`. */
  domain: string;
  /** `postgres://…` of the records; without it they are in the data folder. */
  databaseUrl?: string;
  redisUrl: string;
  /** Somebody named it; else it is the one that `gantry up` starts, or the machine's own. */
  redisGiven: boolean;
  logLevel: string;
  /** File with the key of what is sealed; made at the first start. Not part of a backup. */
  keyFile: string;
  /** File of the audit's anchored heads; best on another mount. */
  anchors: string;
  /** Where programs are looked for that Gantry starts (git). */
  programs: string;
  /** What calls to addresses that somebody typed may reach. */
  outgoing: OutgoingSettings;
}

export interface RunnerSettings extends HouseSettings {
  base: BaseSettings;
  /** Where Docker is, and how long a plain question to it may take, ms. */
  docker: DockerAddress & { timeout: number };
  /** Steps at once in this process. */
  concurrency: number;
  /** It takes steps of these pools alone. */
  pools: readonly string[];
  /** How long what is over stays. */
  retention: RetentionPolicy;
  /** Of one step's log, MiB. */
  logLimitMib: number;
  /** Where it tells how it is, for whoever watches the process; nowhere when it is left out. */
  health?: Address;
  /** Without it no mail is sent. */
  mail?: MailSettings;
  /** What people call: it is in what they are told. */
  webUrl: string;
  /** No Docker: the dummy cluster, builder and gateway. */
  dummy: boolean;
}

export type DockerAddress = { socketPath: string } | { host: string; port: number };

export interface CliSettings {
  home: string;
  root: string;
  version: string;
  listen: Address;
  gateway: Address;
  domain: string;
  url?: string;
  token?: string;
  /** Where `gantry login` keeps this person's sessions. */
  sessionsFile: string;
  /** PEM file with the authority of a Gantry that is named by its URL; else the machine's. */
  caFile?: string;
  /** Where the certificate of this folder's own authority lies, once it was made. */
  ownTls: TlsFiles;
  /** What `up` starts web with. */
  tls?: TlsFiles;
  publicUrl?: string;
  /** A Redis that was given; else `up` starts its own. */
  redisUrl?: string;
  /** The PostgreSQL with the records; without it they are in the data folder. */
  databaseUrl?: string;
  noColor: boolean;
  environment: NodeJS.ProcessEnv;
}

export function houseSettings(environment: NodeJS.ProcessEnv = process.env): HouseSettings {
  const root = checkoutFolder();
  const home = homeFolder(environment, root);
  return {
    home,
    root,
    version: versionOf(root),
    listen: address('GANTRY_LISTEN', environment.GANTRY_LISTEN, '127.0.0.1:7070'),
    gateway: address('GANTRY_GATEWAY', environment.GANTRY_GATEWAY, '127.0.0.1:8080'),
    domain: environment.GANTRY_DOMAIN || 'localhost',
    ...set('databaseUrl', postgresUrl(environment.GANTRY_DATABASE_URL)),
    redisUrl: redisAddress(environment.GANTRY_REDIS_URL) || 'redis://127.0.0.1:6379',
    redisGiven: Boolean(environment.GANTRY_REDIS_URL),
    logLevel: environment.GANTRY_LOG || 'info',
    keyFile: resolve(environment.GANTRY_KEY_FILE || join(home, 'secret.key')),
    anchors: resolve(environment.GANTRY_ANCHORS || join(home, 'anchors', 'heads.jsonl')),
    programs: environment.PATH || '/usr/local/bin:/usr/bin:/bin',
    outgoing: outgoingSettings(environment),
  };
}

export interface WebSettings extends HouseSettings {
  /** HTTPS instead of HTTP. */
  tls?: TlsFiles;
  /** What people and forges call, when it is not where web listens: `https://gantry.bank.example`. */
  publicUrl?: string;
  /** Addresses and networks (CIDR) of the proxies whose `X-Forwarded-*` is believed. */
  trustedProxies: readonly string[];
  /** PEM file with the authorities that forges' certificates are checked with; else the machine's. */
  forgeCaBundle?: string;
  /** Whose people may sign in. */
  provider?: ProviderSettings;
  /** Past it, pushes and webhooks are told to come later. */
  limits: RunLimits;
}

export function webSettings(environment: NodeJS.ProcessEnv = process.env): WebSettings {
  const house = houseSettings(environment);
  return {
    ...house,
    ...tlsSettings(environment, house.home),
    ...set('publicUrl', publicUrl('GANTRY_PUBLIC_URL', environment.GANTRY_PUBLIC_URL)),
    trustedProxies: networks('GANTRY_TRUSTED_PROXIES', environment.GANTRY_TRUSTED_PROXIES),
    ...set('forgeCaBundle', environment.GANTRY_FORGE_CA_BUNDLE),
    ...providerSettings(environment),
    limits: runLimits(environment),
  };
}

function runLimits(environment: NodeJS.ProcessEnv): RunLimits {
  const numberOf = (name: string, fallback: number) => wholeNumber(name, environment[name], fallback, 1, 1_000_000);
  return {
    perApp: numberOf('GANTRY_MAX_OPEN_RUNS_PER_APP', RUN_LIMITS.perApp),
    inAll: numberOf('GANTRY_MAX_OPEN_RUNS', RUN_LIMITS.inAll),
  };
}

/** Steps that a runner takes at once, at most. */
export const CONCURRENCY_MAX = 1_000;

export function runnerSettings(environment: NodeJS.ProcessEnv = process.env): RunnerSettings {
  const numberOf = (name: string, fallback: number, min: number, max: number) =>
    wholeNumber(name, environment[name], fallback, min, max);
  const house = houseSettings(environment);
  return {
    ...house,
    ...mailSettings(environment),
    webUrl: webUrl(environment, house),
    base: baseSettings(environment),
    docker: {
      ...dockerAddress(environment.DOCKER_HOST),
      timeout: 1000 * wholeNumber('GANTRY_DOCKER_TIMEOUT', environment.GANTRY_DOCKER_TIMEOUT, 30, 1, 3_600),
    },
    concurrency: wholeNumber('GANTRY_CONCURRENCY', environment.GANTRY_CONCURRENCY, 8, 1, CONCURRENCY_MAX),
    pools: poolNames('GANTRY_POOL', environment.GANTRY_POOL),
    retention: retentionSettings(numberOf),
    logLimitMib: wholeNumber('GANTRY_LOG_LIMIT_MIB', environment.GANTRY_LOG_LIMIT_MIB, 64, 1, 65_536),
    ...(environment.GANTRY_RUNNER_HEALTH
      ? { health: address('GANTRY_RUNNER_HEALTH', environment.GANTRY_RUNNER_HEALTH, '127.0.0.1:7071') }
      : {}),
    dummy: environment.GANTRY_DUMMY === '1',
  };
}

/** The public address; else where web listens. */
function webUrl(environment: NodeJS.ProcessEnv, { home, listen: { host, port } }: HouseSettings): string {
  const given = publicUrl('GANTRY_PUBLIC_URL', environment.GANTRY_PUBLIC_URL);
  const scheme = tlsSettings(environment, home).tls === undefined ? 'http' : 'https';
  return given ?? `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function cliSettings(environment: NodeJS.ProcessEnv = process.env): CliSettings {
  const { home, root, version, listen, gateway, domain, databaseUrl, redisGiven, redisUrl } =
    houseSettings(environment);
  return {
    home,
    root,
    version,
    listen,
    gateway,
    domain,
    ...set('url', environment.GANTRY_URL),
    ...set('token', environment.GANTRY_TOKEN),
    sessionsFile: join(environment.XDG_CONFIG_HOME || join(homedir(), '.config'), 'gantry', 'sessions.json'),
    ...set('caFile', environment.GANTRY_CA),
    ownTls: ownTlsFiles(home),
    ...tlsSettings(environment, home),
    ...set('publicUrl', publicUrl('GANTRY_PUBLIC_URL', environment.GANTRY_PUBLIC_URL)),
    ...set('redisUrl', redisGiven ? redisUrl : undefined),
    ...set('databaseUrl', databaseUrl),
    noColor: (environment.NO_COLOR ?? '') !== '',
    environment,
  };
}

/** What the settings of the caller's own Gantry may say about a throwaway one: how to fetch and build. */
const KEPT = /^GANTRY_(CACHE|NPM_CLI|BUILD_.*)$/;

/** The caller's environment without their own Gantry in it, for one in a folder of its own. */
export function ownEnvironment(environment: NodeJS.ProcessEnv, home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith('GANTRY_') || KEPT.test(name));
  return { ...Object.fromEntries(kept), GANTRY_HOME: home };
}

const homeFolder = (environment: NodeJS.ProcessEnv, root: string): string =>
  resolve(environment.GANTRY_HOME || join(root, '.gantry'));

function versionOf(root: string): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

/** @throws Error in the words of the manual when the text is no `host:port`. */
function address(name: string, text: string | undefined, fallback: string): Address {
  const match = /^(\[[0-9a-f:]+\]|[^:]+):(\d{1,5})$/i.exec(text || fallback);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535)
    throw new Error(`${name} is "${text}"; it must be host:port, for example ${fallback}`);
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port };
}

/** @throws Error in the words of the manual; never with the address itself, since a password may be in it */
function postgresUrl(text: string | undefined): string | undefined {
  if (text === undefined || text === '' || /^postgres(ql)?:\/\/./.test(text)) return text;
  throw new Error(
    'GANTRY_DATABASE_URL must be postgres://user:password@host:5432/database; without it the records are in GANTRY_HOME',
  );
}

/** @throws Error in the words of the manual; never with the address itself, since a password may be in it */
function redisAddress(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return text;
  // Without the beginning, `redis.internal:6379` would be a scheme and a path: no host to judge or to name.
  if (/^rediss?:/.test(text) && URL.canParse(text) && new URL(text).hostname !== '') return text;
  throw new Error(
    'GANTRY_REDIS_URL must be redis://:password@host:6379 (rediss:// over TLS), with %-escapes in the password',
  );
}

/** Where Docker listens, from `DOCKER_HOST`; without it the usual socket. */
export function dockerAddress(text: string | undefined): DockerAddress {
  if (text === undefined || text === '') return { socketPath: '/var/run/docker.sock' };
  if (text.startsWith('unix://')) return { socketPath: text.slice('unix://'.length) };
  const url = new URL(text.replace(/^tcp:/, 'http:'));
  return { host: url.hostname, port: Number(url.port || 2375) };
}

/** @throws Error in the words of the manual when one is no name. */
function poolNames(name: string, text: string | undefined): string[] {
  const pools = (text || DEFAULT_POOL).split(',').map((pool) => pool.trim());
  const bad = pools.find((pool) => !new RegExp(LABEL_PATTERN).test(pool));
  if (bad === undefined) return pools;
  throw new Error(`${name} is "${text}"; it must be names of pools, for example build or build,${DEFAULT_POOL}`);
}

function wholeNumber(name: string, text: string | undefined, fallback: number, min: number, max: number): number {
  const value = text === undefined || text === '' ? fallback : Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`${name} is "${text}"; it must be a whole number from ${min} to ${max}`);
  }
  return value;
}

/** The folder with package.json: this file's own, or its parent when it runs compiled from `dist/`. */
export function checkoutFolder(): string {
  return existsSync(join(__dirname, 'package.json')) ? __dirname : dirname(__dirname);
}

function set<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined || value === '' ? {} : ({ [key]: value } as { [P in K]: string });
}
