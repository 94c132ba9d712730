import type { Labels } from '../../engine/ports/cluster';

export const INSTALLATION_LABEL = 'gantry.installation';
export const EPOCH_LABEL = 'gantry.epoch';
export const EFFECT_LABEL = 'gantry.effect';
export const ROLE_LABEL = 'gantry.role';
/** Of a network: what it was made with. */
export const OPTIONS_LABEL = 'gantry.options';

const ROLES: readonly Labels['role'][] = ['instance', 'build', 'verify', 'gateway', 'network', 'image'];

/** The one place that knows how `Labels` are written on containers, networks, volumes and images. */
export function writeLabels(installation: string, labels: Labels): Record<string, string> {
  const { role, app, environment, run, step, epoch, release, effect } = labels;
  const written: Record<string, string | undefined> = {
    [INSTALLATION_LABEL]: installation,
    'gantry.app': app,
    'gantry.environment': environment,
    'gantry.run': run,
    'gantry.step': step,
    [EPOCH_LABEL]: epoch === undefined ? undefined : String(epoch),
    'gantry.release': release,
    [EFFECT_LABEL]: effect,
    [ROLE_LABEL]: role,
  };
  return Object.fromEntries(Object.entries(written).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** The labels of an object of ours; what another version wrote beside them is left out. */
export function readLabels(written: Record<string, string>): Labels {
  const epoch = written[EPOCH_LABEL];
  return {
    app: written['gantry.app'] ?? '',
    ...present('environment', written['gantry.environment']),
    ...present('run', written['gantry.run']),
    ...present('step', written['gantry.step']),
    ...(epoch === undefined ? {} : { epoch: Number(epoch) }),
    ...present('release', written['gantry.release']),
    ...present('effect', written[EFFECT_LABEL]),
    role: ROLES.find((role) => role === written[ROLE_LABEL]) ?? 'instance',
  };
}

/** A filter for Docker's lists: only objects of this installation, and with these labels. */
export function labelFilter(installation: string, more: Record<string, string> = {}): string {
  const all = { [INSTALLATION_LABEL]: installation, ...more };
  return JSON.stringify({ label: Object.entries(all).map(([key, value]) => `${key}=${value}`) });
}

function present<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: string });
}
