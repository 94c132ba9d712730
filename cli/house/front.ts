import type { CliSettings, TlsFiles } from '../../settings';

/** How people meet a house: by which certificate, at which address. */
export interface Front {
  tls?: TlsFiles;
  publicUrl?: string;
}

/** The settings of web that make this front. */
export const frontEnvironment = ({ tls, publicUrl }: Front): NodeJS.ProcessEnv => ({
  GANTRY_TLS: tls?.own === true ? 'own' : '',
  GANTRY_TLS_CERT: tls?.own === false ? tls.certificate : '',
  GANTRY_TLS_KEY: tls?.own === false ? tls.key : '',
  GANTRY_PUBLIC_URL: publicUrl ?? '',
});

/** These settings for a house that has this front already and keeps what it is not told otherwise. */
export function withFront(settings: CliSettings, old: Front): CliSettings {
  const front = frontOf({ ...frontOf(old), ...frontOf(settings) });
  return { ...settings, ...front, environment: { ...settings.environment, ...frontEnvironment(front) } };
}

export const frontOf = ({ tls, publicUrl }: Front): Front => ({
  ...(tls === undefined ? {} : { tls }),
  ...(publicUrl === undefined ? {} : { publicUrl }),
});
