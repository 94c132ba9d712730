import { path } from '../api/client';
import type { Connected } from '../api/types';
import type { Command } from '../command';
import { usageError } from '../errors';
import { facts } from '../format/table';

export const appConnect: Command = {
  name: 'app connect',
  summary: 'fetches an app from a forge, or from a path, whenever the forge calls',
  arguments: [{ name: 'APP', help: 'name of the app' }],
  options: {
    source: {
      value: 'URL',
      help: 'https://forge/team/app.git, git@forge:team/app.git, or /srv/git/app.git on its machine',
    },
    'token-stdin': { help: 'reads the token that may read the repository from standard input' },
    'secret-stdin': { help: 'reads the secret of the webhook from standard input; without it Gantry makes one' },
    'host-key': {
      value: 'KEY',
      help: 'of an SSH host: its fingerprint (SHA256:…), or the key itself (ssh-ed25519 AAAA…)',
    },
    'new-secret': { help: 'makes a new secret; the old one is refused from then on' },
  },
  details: [
    'Shows the address of the webhook and, once, its secret: give both to the forge, with the content type',
    'application/json and the event "push". Connecting again replaces address and token (none was given: there is none',
    'any more), keeps the secret, and tries fetches that failed again at once. With --token-stdin and --secret-stdin',
    'the token is the first line. Over SSH Gantry makes a key for the app, which the forge must let in, and pins the key',
    'of the host: without --host-key it only tells which one the host shows, for you to compare.',
  ].join(' '),
  examples: [
    'gantry app connect storefront --source https://forge.example.org/shop/storefront.git --token-stdin',
    'gantry app connect storefront --source git@forge.example.org:shop/storefront.git --host-key SHA256:…',
  ],
  async run(input, context) {
    const url = input.option('source');
    if (url === undefined) throw usageError('where is it fetched from?', 'say it: --source URL');
    const wanted = ['token', 'secret'].filter((name) => input.flag(`${name}-stdin`));
    const given = wanted.length === 0 ? [] : await context.lines();
    if (given.length !== wanted.length) {
      throw usageError(`standard input has ${given.length} lines, and ${wanted.join(' and ')} are a line each`);
    }
    const secrets = Object.fromEntries(wanted.map((name, i) => [name, given[i]]));
    const app = input.argument('APP');
    const hostKey = input.option('host-key');
    const pinned = hostKey === undefined ? {} : { hostKey };
    const body = { url, ...secrets, ...pinned, newSecret: input.flag('new-secret') };
    const connected = await context.api.post<Connected>(path`/apps/${app}/source`, body);
    return { json: connected, text: tell(connected) };
  },
};

function tell({ app, url, secret, publicKey, hooks }: Connected): string {
  const head = `${app} is fetched from ${url} when one of these is called:`;
  const addresses = facts(Object.entries(hooks)).replace(/^/gm, '  ');
  const words =
    secret === null
      ? 'The secret stays as it was (another one: gantry app rotate-secret).'
      : `The secret, which is shown only now: ${secret}`;
  const key = publicKey == null ? [] : ['The key that the forge must let in, for reading only:', `  ${publicKey}`];
  return [head, addresses, words, ...key].join('\n');
}
