import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CliSettings } from '../../settings';
import { findAddress } from '../api/address';
import type { Command } from '../command';
import { failure } from '../errors';
import { facts } from '../format/table';
import { authorityFile, ensureOwnTls, namesOf, readOwnTls } from '../tls/own';
import { readCertificate } from '../tls/trust';

export const tlsShow: Command = {
  name: 'tls show',
  summary: 'shows the certificate of this folder, its names, and how long it lasts',
  arguments: [],
  options: {},
  async run(_input, { settings, now }) {
    const own = readOwnTls(settings.ownTls);
    if (settings.tls?.own === false) {
      const given = describe(readCertificate(settings.tls.certificate), now());
      return { json: { kind: 'given', certificate: given, authority: null }, text: lines(given) };
    }
    if (own === undefined) throw noCertificate();
    const [certificate, authority] = [describe(own.certificate, now()), describe(own.authority, now())];
    const text = `${lines(certificate)}\n\nIts authority:\n${lines({ ...authority, names: [] })}`;
    return { json: { kind: 'own', certificate, authority }, text };
  },
};

export const tlsRenew: Command = {
  name: 'tls renew',
  summary: 'makes a new certificate by this folder’s own authority; the first time that as well',
  arguments: [],
  options: { name: { value: 'NAME', help: 'one more name or address that it is for; several with commas between' } },
  details:
    'A running Gantry shows it within seconds; connections stay. The authority stays as well, so nobody has to trust ' +
    'anything anew, unless a name is added: it vouches only for the names it was made for.',
  examples: ['gantry tls renew', 'gantry tls renew --name gantry.bank.example'],
  async run(input, { settings, now }) {
    const names = (input.option('name') ?? '').split(',').flatMap((name) => name.trim() || []);
    const made = await ensureOwnTls(settings.ownTls, names, now(), 'renew');
    const certificate = describe(made.certificate, now());
    const again = made.newAuthority ? '\nIts authority is new, too, and must be trusted: see gantry tls trust' : '';
    return { json: { certificate, newAuthority: made.newAuthority }, text: `${lines(certificate)}${again}` };
  },
};

export const tlsTrust: Command = {
  name: 'tls trust',
  summary: 'tells how Git, curl, browsers and other machines trust this folder’s own authority',
  arguments: [],
  options: { pem: { help: 'prints the authority itself, to be kept in a file' } },
  details:
    'The authority vouches for the names of this machine only: whoever trusts it trusts nobody else by that. ' +
    'This folder’s own command line trusts it already.',
  examples: ['gantry tls trust', 'gantry tls trust --pem > gantry-ca.pem'],
  async run(input, { settings }) {
    const own = readOwnTls(settings.ownTls);
    if (own === undefined) throw noCertificate();
    const pem = readFileSync(authorityFile(settings.ownTls), 'utf8');
    const { url } = findAddress(settings, {});
    const json = { file: authorityFile(settings.ownTls), fingerprint: own.authority.fingerprint256, pem };
    return { json, text: input.flag('pem') ? pem.trimEnd() : howToTrust(url, settings, own.authority) };
  },
};

const noCertificate = (): Error =>
  failure('no-certificate', 'this folder has no certificate of its own', 'make one: gantry up --tls own');

interface Described {
  subject: string;
  names: string[];
  fingerprint: string;
  /** Milliseconds since 1970, UTC. */
  validFrom: number;
  validUntil: number;
  daysLeft: number;
}

const describe = (certificate: X509Certificate, now: number): Described => ({
  subject: certificate.subject.replace(/^CN=/, '').replaceAll('\\,', ','),
  names: namesOf(certificate),
  fingerprint: certificate.fingerprint256,
  validFrom: certificate.validFromDate.getTime(),
  validUntil: certificate.validToDate.getTime(),
  daysLeft: Math.floor((certificate.validToDate.getTime() - now) / 86_400_000),
});

const lines = ({ subject, names, fingerprint, validUntil, daysLeft }: Described): string =>
  facts([
    ['subject', subject],
    ['names', names.join(', ')],
    ['valid until', `${new Date(validUntil).toISOString()} (${daysLeft} days)`],
    ['sha256', fingerprint],
  ]);

function howToTrust(url: string, { ownTls }: CliSettings, authority: X509Certificate): string {
  const file = authorityFile(ownTls);
  return [
    'On another machine first: gantry tls trust --pem > gantry-ca.pem here, copy it there, and compare:',
    `  sha256 ${authority.fingerprint256}`,
    '',
    'Git, for this Gantry only:',
    `  git config --global http.${url}/.sslCAInfo ${file}`,
    'curl:',
    `  curl --cacert ${file} ${url}/health`,
    'gantry from elsewhere:',
    `  GANTRY_CA=${file} gantry status --url ${url}`,
    'Everything on a Debian machine, browsers apart:',
    `  sudo cp ${file} /usr/local/share/ca-certificates/gantry.crt && sudo update-ca-certificates`,
    'Firefox and Chromium: Settings, Certificates, Authorities, Import.',
  ].join('\n');
}
