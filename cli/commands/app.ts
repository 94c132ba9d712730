import { path } from '../api/client';
import type { App, Hook, List, Source } from '../api/types';
import type { Command, Context } from '../command';
import { environmentTable, release, runName, stateWord } from '../format/house';
import { facts, table } from '../format/table';
import { moment } from '../format/time';

const APP = { name: 'APP', help: 'name of the app' };

export const appCreate: Command = {
  name: 'app create',
  summary: 'makes an app and its Git remote',
  arguments: [{ name: 'APP', help: 'a DNS label: a-z, 0-9 and "-", starting with a letter' }],
  options: {
    path: { value: 'FOLDER', help: 'its folder in the repository (else all of it)' },
    repository: { value: 'APP', help: 'lies in the repository of this app, and shares its remote' },
  },
  details:
    'Several apps in one repository: make the first one with --path, and each other one with --path and --repository. ' +
    'A push then starts a run for each app whose folder changed.',
  examples: [
    'gantry app create storefront',
    'gantry app create shop --path services/shop',
    'gantry app create stock --path services/stock --repository shop',
  ],
  async run(input, { api }) {
    const [path, repository] = [input.option('path'), input.option('repository')];
    const place = { ...(path === undefined ? {} : { path }), ...(repository === undefined ? {} : { repository }) };
    const app = await api.post<App>('/apps', { name: input.argument('APP'), ...place });
    const text = [
      `${app.name} is there. In its repository:`,
      `  git remote add gantry ${app.remote}`,
      '  git push gantry main',
      'Git asks for a user (any name) and a password (your token).',
    ].join('\n');
    return { json: app, text };
  },
};

export const appList: Command = {
  name: 'app list',
  summary: 'lists the apps and what serves in production',
  arguments: [],
  options: {},
  async run(_input, { api, out, now }) {
    const list = await api.get<List<App>>('/apps');
    const rows = list.items.map(({ name, environments, lastRun }) => {
      const production = environments.find((environment) => environment.role === 'production');
      const last =
        lastRun === null
          ? ['', '', '']
          : [runName(lastRun), stateWord(out, lastRun.state), moment(lastRun.createdAt, now(), out.terminal)];
      return [name, release(production?.stable ?? null), ...last];
    });
    const text = table(['APP', 'PRODUCTION', 'LAST RUN', 'STATE', 'BEGAN'], rows);
    return { json: list, text: text || 'No apps yet. Make one: gantry app create NAME' };
  },
};

export const appShow: Command = {
  name: 'app show',
  summary: 'shows an app: its remote, its source, its environments, its last run',
  arguments: [APP],
  options: {},
  async run(input, context) {
    const { api, out, now } = context;
    const app = await api.get<App>(path`/apps/${input.argument('APP')}`);
    const { lastRun } = app;
    const head = facts([
      ['app', out.paint('bold', app.name)],
      ['created', moment(app.createdAt, now(), out.terminal)],
      ['remote', app.remote],
      ['folder', app.path === '.' ? '' : app.path],
      ['source', app.source === null ? '' : `${app.source.url}${app.source.hasToken ? ' (with a token)' : ''}`],
      ['host key', app.source?.hostKey ?? ''],
      ['with', app.source?.extras?.join(', ') ?? ''],
      ['old secret', oldSecret(app.source?.earlierSecretUntil)],
      ['compared', app.source === null ? '' : compared(app.source, context)],
      ['statuses', told(app.told, context)],
      ['last run', lastRun === null ? 'none yet' : `${runName(lastRun)} ${stateWord(out, lastRun.state)}`],
    ]);
    const environments = environmentTable(app.environments.map((environment) => ({ ...environment, app: app.name })));
    const hooks = app.source === null ? '' : await lastHooks(app.name, context);
    return { json: app, text: [head, environments, hooks].filter((part) => part !== '').join('\n\n') };
  },
};

const oldSecret = (until: number | null | undefined): string =>
  until == null ? '' : `good until ${new Date(until).toISOString()}`;

/** When the source was last asked for what no forge has told. */
function compared({ comparedAt, problem }: Source, { out, now }: Context): string {
  const when = comparedAt == null ? 'not yet' : moment(comparedAt, now(), out.terminal);
  return problem ? `${when}; since then: ${problem}` : when;
}

/** How the forge takes what it is told of each commit. */
function told(line: App['told'], { out, now }: Context): string {
  if (line == null) return '';
  if (line.forge === null) return 'not told: nothing says which forge it is until its first webhook';
  if (line.trouble !== '') return `${line.forge} does not take them: ${line.trouble}`;
  return line.sentAt === null ? `to ${line.forge}` : `to ${line.forge}, ${moment(line.sentAt, now(), out.terminal)}`;
}

/** How many webhooks are shown. */
const HOOKS_SHOWN = 5;

async function lastHooks(app: string, { api, out, now }: Context): Promise<string> {
  const { items } = await api.get<List<Hook>>(path`/apps/${app}/hooks?limit=${HOOKS_SHOWN}`);
  const rows = items.map((hook) => [
    moment(hook.receivedAt, now(), out.terminal),
    hook.forge,
    hook.event,
    hook.ref.replace(/^refs\/(heads|tags)\//, ''),
    hook.run === null ? hook.outcome : `${hook.outcome} ${hook.run}`,
    hook.reason,
  ]);
  return table(['HOOK', 'FORGE', 'EVENT', 'REF', 'OUTCOME', 'REASON'], rows);
}
