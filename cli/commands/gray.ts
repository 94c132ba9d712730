import { formatShare } from '../../pipelines/units';
import { path } from '../api/client';
import { followRun } from '../api/follow';
import type { App, Environment } from '../api/types';
import type { Command } from '../command';
import { EXIT, failure } from '../errors';
import { release, rulesOf, runName } from '../format/house';
import { facts } from '../format/table';
import { APP } from './run';

export const graySet: Command = {
  name: 'gray set',
  summary: "changes how much of an app's traffic meets the gray release",
  arguments: [APP, { name: 'SHARE', help: 'a percentage: 5%, 0.25%' }],
  options: {
    header: {
      value: 'VALUE',
      help: 'requests with the header X-Gray of this value always meet gray ("" ends the rule)',
    },
    cookie: { value: 'VALUE', help: 'requests with the cookie gray of this value always meet gray ("" ends the rule)' },
    'no-wait': { help: 'returns when the change is accepted, not when it is made' },
  },
  details: 'Whoever met gray before meets it still while the share grows.',
  examples: ['gantry gray set storefront 25%', 'gantry gray set storefront 0% --header qa'],
  async run(input, { api }) {
    const app = input.argument('APP');
    const set = await api.post<{ run: number; share: number }>(path`/apps/${app}/gray`, {
      share: input.share('SHARE'),
      ...ruleOf('header', input.option('header')),
      ...ruleOf('cookie', input.option('cookie')),
    });
    if (input.flag('no-wait')) {
      return { json: set, text: `${app}: ${formatShare(set.share)} of the traffic meets gray soon (run #${set.run})` };
    }
    const run = await followRun(api, app, set.run, () => 'go on');
    if (run.state !== 'succeeded') {
      const reason = `the share was not changed: ${runName(run)} ${run.state}: ${run.reason}`;
      throw failure('share-failed', reason, `see: gantry run show ${app} ${set.run}`);
    }
    // What is, not what was asked for: a first release, say, has no stable one to share with.
    const share = productionOf(await api.get<App>(path`/apps/${app}`))?.share ?? 0;
    const log =
      share === set.share ? '' : `, not ${formatShare(set.share)}: gantry run logs ${app} ${set.run} tells why`;
    const text = `${app}: ${formatShare(share)} of the traffic meets gray${log || ` (run #${set.run})`}`;
    return { json: { ...set, share, state: run.state }, text };
  },
};

const productionOf = (app: App): Environment | undefined =>
  app.environments.find((environment) => environment.role === 'production');

/** An empty value ends the rule. */
const ruleOf = (name: 'header' | 'cookie', value: string | undefined): Record<string, string | null> =>
  value === undefined ? {} : { [name]: value === '' ? null : value };

export const grayShow: Command = {
  name: 'gray show',
  summary: 'shows which release is gray, and who meets it',
  arguments: [APP],
  options: {},
  async run(input, { api }) {
    const app = await api.get<App>(path`/apps/${input.argument('APP')}`);
    const production = productionOf(app);
    const json = {
      app: app.name,
      gray: production?.gray ?? null,
      stable: production?.stable ?? null,
      share: production?.share ?? 0,
      rules: production?.rules ?? null,
    };
    return { json, text: describe(app.name, production), exit: EXIT.ok };
  },
};

function describe(app: string, production: Environment | undefined): string {
  if (production?.gray == null) return `${app} has no gray release now.`;
  return facts([
    ['gray', release(production.gray)],
    ['stable', release(production.stable)],
    ['share', formatShare(production.share)],
    ['always', rulesOf(production.rules)],
    ['address', production.url],
  ]);
}
