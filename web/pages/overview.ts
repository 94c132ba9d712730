import { hostUrl } from '../api/shapes';
import { appsAsked, readableApps } from '../identity/rights';
import type { Route } from '../route';
import { render } from './render';

const RUNS_SHOWN = 30;

export const overviewRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/',
    permission: 'page',
    may: 'filtered',
    handle: async (parts, ctx) => {
      const { engine } = parts;
      const after = await engine.events.newest();
      const [readable, asked] = [await readableApps(parts, ctx), await appsAsked(parts, ctx, undefined)];
      const [apps, environments, runs] = await Promise.all([
        engine.apps.list(),
        engine.environments.show(),
        engine.runs.summaries({ ...asked, limit: RUNS_SHOWN }),
      ]);
      const seen = apps.filter(({ name }) => readable(name));
      const shown = seen.map(({ name }) => ({
        name,
        environments: environments
          .filter((e) => e.app === name)
          .map((e) => ({ ...e, url: hostUrl(parts, e.host), behind: e.version !== e.confirmedVersion })),
        lastRun: runs.find((run) => run.app === name) ?? null,
      }));
      const shell = { title: 'Overview', events: `/api/v1/events?after=${after}` };
      ctx.body = await render(parts, ctx, 'overview', shell, {
        apps: shown,
        hidden: apps.length > seen.length,
        runs,
        now: engine.parts.clock.now(),
        example: `${parts.url.replace('://', '://me@')}/git/storefront.git`,
      });
    },
  },
];
