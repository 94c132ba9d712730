/**
 * Settings of calls that leave Gantry: to forges, chat rooms, mail servers. For settings.ts alone, which reads the
 * environment.
 */
import { networks } from './front-settings';

export interface OutgoingSettings {
  /** Addresses and networks that are called although they are not public. */
  allow: readonly string[];
  /** PEM file with authorities beside the machine's. */
  caBundle?: string;
  /** Everything that is not on the allow-list goes through it. */
  proxy?: string;
}

/** @throws Error in the words of the manual. */
export function outgoingSettings(environment: NodeJS.ProcessEnv): OutgoingSettings {
  const caBundle = environment.GANTRY_OUTGOING_CA_BUNDLE || environment.GANTRY_FORGE_CA_BUNDLE || '';
  const proxy = proxyUrl(environment.GANTRY_OUTGOING_PROXY);
  return {
    allow: networks('GANTRY_OUTGOING_ALLOW', environment.GANTRY_OUTGOING_ALLOW),
    ...(caBundle === '' ? {} : { caBundle }),
    ...(proxy === undefined ? {} : { proxy }),
  };
}

/** By which server mail is sent, and in whose name. */
export interface MailSettings {
  url: string;
  from: string;
}

/** @throws Error in the words of the manual; never with the address itself, since a password may be in it */
export function mailSettings(environment: NodeJS.ProcessEnv): { mail?: MailSettings } {
  const { GANTRY_SMTP_URL: url = '', GANTRY_SMTP_FROM: from = '' } = environment;
  if (url === '') return {};
  if (!/^smtps?:\/\/./.test(url) || !URL.canParse(url)) {
    throw new Error('GANTRY_SMTP_URL must be smtp://user:password@mail.bank.example:587, or smtps:// for TLS at once');
  }
  if (!from.includes('@')) throw new Error('GANTRY_SMTP_FROM says who mail is from: Gantry <gantry@bank.example>');
  return { mail: { url, from } };
}

/** @throws Error in the words of the manual; never with the address itself, since a password may be in it */
function proxyUrl(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^https?:\/\/./.test(text) && URL.canParse(text)) return text;
  throw new Error('GANTRY_OUTGOING_PROXY must be http://proxy:3128 or https://user:password@proxy:3128');
}
