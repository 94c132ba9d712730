import { StepFailure } from '../../engine/model/errors';
import { WORK_FOLDER } from './build-folders';
import type { ContainerOptions } from './container-options';
import { SECRETS_TMPFS } from './secret-files';

/**
 * What a container of a user may be asked of Docker with, said once more and apart from the code that asks: each call is
 * compared with it before it is made, and what is not here is refused. It takes both to loosen a container.
 */
const TOP: Rules = {
  name: text,
  Image: text,
  Labels: (value) => typeof value === 'object' && value !== null && 'gantry.installation' in value,
  Env: listOf(text),
  ExposedPorts: anything,
  StopTimeout: (value) => typeof value === 'number' && value >= 0,
  User: (value) => value === '0:0',
  WorkingDir: (value) => value === WORK_FOLDER,
  Entrypoint: (value) => JSON.stringify(value) === '["sh","-c"]',
  Cmd: listOf(text),
  AttachStdin: yes,
  AttachStdout: yes,
  AttachStderr: yes,
  OpenStdin: yes,
  StdinOnce: yes,
  NetworkingConfig: hasOnlyLinkLocal,
  HostConfig: anything, // by its own rules, below
};

/** What a build needs to install packages as root, inside a container that is thrown away. */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];

const HOST: Rules = {
  NetworkMode: (value) => value === 'none' || (typeof value === 'string' && /^gantry-[\w-]+$/.test(value)),
  ExtraHosts: listOf(text),
  Mounts: listOf(isOwnVolume),
  Tmpfs: (value) => JSON.stringify(value) === JSON.stringify(SECRETS_TMPFS),
  CapDrop: (value) => JSON.stringify(value) === '["ALL"]',
  CapAdd: listOf((value) => CAPABILITIES.includes(value as string)),
  SecurityOpt: (value) => JSON.stringify(value) === '["no-new-privileges"]',
  PidsLimit: (value) => typeof value === 'number' && value > 0 && value <= 4_096,
  Memory: (value) => typeof value === 'number' && value > 0,
  MemorySwap: anything, // compared with Memory, below
  NanoCpus: (value) => typeof value === 'number' && value > 0,
  CpuShares: (value) => typeof value === 'number' && value > 0 && value < 1_024,
  Init: (value) => typeof value === 'boolean',
  RestartPolicy: (value) => JSON.stringify(value) === '{"Name":"no"}',
  LogConfig: (value) => ['none', 'json-file'].includes((value as { Type?: string }).Type ?? ''),
};
/** Left out, Docker's own default would be looser. */
const NEEDED = ['NetworkMode', 'CapDrop', 'SecurityOpt', 'PidsLimit', 'Memory', 'MemorySwap', 'LogConfig'];

type Rules = Readonly<Record<string, (value: unknown) => boolean>>;

/** @throws StepFailure (gantry) that names what is not allowed; nothing was asked of Docker then */
export function demandPolicy(options: ContainerOptions): ContainerOptions {
  const [broken] = violations(options);
  if (broken === undefined) return options;
  throw new StepFailure('gantry', `a container was to be made with ${broken}, which no container of Gantry has`);
}

/** What of the options is not on the list: `HostConfig.Privileged`. */
export function violations(options: ContainerOptions): string[] {
  const host = options.HostConfig as unknown as Record<string, unknown>;
  const found = [...against(TOP, { ...options }, ''), ...against(HOST, host, 'HostConfig.')];
  const missing = NEEDED.filter((key) => host[key] === undefined).map((key) => `no HostConfig.${key}`);
  // As much as Memory: no swap.
  const swap = host.MemorySwap === host.Memory ? [] : ['HostConfig.MemorySwap'];
  const cpu = host.NanoCpus === undefined && host.CpuShares === undefined ? ['no limit of its CPUs'] : [];
  return [...found, ...missing, ...swap, ...cpu];
}

function against(rules: Rules, values: Record<string, unknown>, prefix: string): string[] {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return entries.filter(([key, value]) => rules[key]?.(value) !== true).map(([key]) => prefix + key);
}

function hasOnlyLinkLocal(value: unknown): boolean {
  const { EndpointsConfig: endpoints, ...more } = value as { EndpointsConfig: Record<string, unknown> };
  const allowed = JSON.stringify({ IPAMConfig: { LinkLocalIPs: ['169.254.169.254'] } });
  return Object.values(endpoints).every((one) => JSON.stringify(one) === allowed) && Object.keys(more).length === 0;
}

/** A volume of the app's own caches; never a folder of the host, and nothing over what a container needs to be one. */
function isOwnVolume(value: unknown): boolean {
  const { Type: type, Source: source, Target: target, ...more } = value as Record<string, unknown>;
  const isOwn = typeof source === 'string' && /^gantry-[\w-]+-cache-[\w.-]+$/.test(source);
  return type === 'volume' && isOwn && isFree(target) && Object.keys(more).length === 0;
}

const RESERVED = /^\/(proc|sys|dev|run|etc|bin|sbin|lib|usr|gantry)(\/|$)/;
const isFree = (target: unknown): boolean =>
  typeof target === 'string' && /^\/[^/]/.test(target) && !target.includes('..') && !RESERVED.test(target);

function text(value: unknown): boolean {
  return typeof value === 'string';
}
function yes(value: unknown): boolean {
  return value === true;
}
function anything(): boolean {
  return true;
}
function listOf(rule: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(rule);
}
