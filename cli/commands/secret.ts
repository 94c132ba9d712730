import { path } from '../api/client';
import type { List, Secret, SecretSet } from '../api/types';
import type { Command, Context } from '../command';
import { usageError } from '../errors';
import { table } from '../format/table';
import { moment } from '../format/time';
import type { Input } from '../input';

const APP = { name: 'APP', help: 'name of the app' };
const NAME = { name: 'NAME', help: 'of the secret; it becomes the file /run/secrets/NAME' };
const ENVIRONMENT = {
  environment: { value: 'STAGE', help: 'only there; production: for gray and production (builds and all others)' },
};

const environmentOf = (input: Input): string => input.option('environment') ?? '';
const whereWords = (environment: string): string => (environment === '' ? 'all but production' : environment);

export const secretSet: Command = {
  name: 'secret set',
  summary: 'sets a secret of an app; its value comes by standard input',
  arguments: [APP, NAME],
  options: {
    ...ENVIRONMENT,
    exact: { help: 'keeps the end of line at its end, too' },
  },
  details: [
    'A pipeline names the secrets that a command, a check or what serves is given ("secrets: [NAME]"), and finds each',
    'as a file that only it may read. They are masked in logs. Only pipelines of protected branches are given any',
    '(gantry app protect), and production has its own: none of the others ever gets there. See docs/secrets.md.',
  ].join(' '),
  examples: [
    'gantry secret set storefront DB_PASSWORD --environment production < password.txt',
    'pass show npm | gantry secret set storefront NPM_TOKEN',
  ],
  async run(input, context) {
    const value = await readValue(input, context);
    const body = { name: input.argument('NAME'), environment: environmentOf(input), value: value.toString('base64') };
    const set = await context.api.post<SecretSet>(path`/apps/${input.argument('APP')}/secrets`, body);
    const text = `${set.replaced ? 'Replaced' : 'Set'} ${set.name} of ${set.app} (${whereWords(set.environment)}).`;
    const hint = set.replaced ? ' What runs keeps the old one until the next delivery.' : '';
    return { json: set, text: text + hint };
  },
};

/** `echo`, editors and pass end a line that is no part of the value. */
async function readValue(input: Input, context: Context): Promise<Buffer> {
  const bytes = await context.bytes();
  if (bytes.length === 0) throw usageError('standard input is empty, and the value comes by it', 'write: … < FILE');
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? 2 : 1) : 0;
  return input.flag('exact') ? bytes : bytes.subarray(0, bytes.length - end);
}

export const secretList: Command = {
  name: 'secret list',
  summary: 'lists the secrets of an app: names, places, who set them and when',
  arguments: [APP],
  options: {},
  async run(input, { api, out, now }) {
    const app = input.argument('APP');
    const list = await api.get<List<Secret>>(path`/apps/${app}/secrets`);
    const rows = list.items.map(({ name, environment, setAt, setBy }) => [
      name,
      whereWords(environment),
      setBy.replace(/^user:/, ''),
      moment(setAt, now(), out.terminal),
    ]);
    const none = `${app} has no secrets. Set one: gantry secret set ${app} NAME < FILE`;
    return { json: list, text: table(['NAME', 'WHERE', 'SET BY', 'SET'], rows) || none };
  },
};

export const secretRemove: Command = {
  name: 'secret remove',
  summary: 'removes a secret of an app; what runs keeps it until the next delivery',
  arguments: [APP, NAME],
  options: ENVIRONMENT,
  async run(input, { api }) {
    const [app, name, environment] = [input.argument('APP'), input.argument('NAME'), environmentOf(input)];
    const json = await api.post<object>(path`/apps/${app}/secrets/${name}/remove`, { environment });
    return { json, text: `Removed ${name} of ${app} (${whereWords(environment)}).` };
  },
};
