import type { CliSettings } from '../../settings';
import { checkedUrl } from '../api/address';
import { usageError } from '../errors';
import type { Input } from '../input';

/** The settings, with what the options of `up` say about TLS and the address that people call. */
export function withTlsOptions(settings: CliSettings, input: Input): CliSettings {
  const tls = input.option('tls');
  if (tls !== undefined && tls !== 'own') {
    throw usageError(
      `--tls is "${tls}", and it takes only "own"`,
      'a given certificate: GANTRY_TLS_CERT and GANTRY_TLS_KEY',
    );
  }
  if (tls === 'own' && settings.tls?.own === false)
    throw usageError('--tls own and GANTRY_TLS_CERT exclude each other');
  const url = named(input.option('public-url'));
  return {
    ...settings,
    ...(tls === undefined ? {} : { tls: settings.ownTls }),
    ...(url === undefined ? {} : { publicUrl: url }),
  };
}

function named(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = checkedUrl(text);
  if (new URL(url).origin === url) return url;
  throw usageError(`--public-url is "${text}"`, 'write it without a path: https://gantry.example');
}
