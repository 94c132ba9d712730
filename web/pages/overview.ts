import { hostUrl } from '../api/shapes';
import type { Route } from '../route';
import { render } from './render';

const RUNS_SHOWN = 30;

export const overviewRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/',
    permission: 'page',
    handle: async (parts, ctx) => {
      const { engine } = parts;
      const after = await engine.events.newest();
      const [apps, environments, runs] = await Promise.all([
        engine.apps.list(),
        engine.environments.show(),
        engine.runs.summaries({ limit: RUNS_SHOWN }),
      ]);
      const shown = apps.map(({ name }) => ({
        name,
        environments: environments
          .filter((e) => e.app === name)
          .map((e) => ({ ...e, url: hostUrl(parts, e.host), behind: e.version !== e.confirmedVersion })),
        lastRun: runs.find((run) => run.app === name) ?? null,
      }));
      const shell = { title: 'Overview', events: `/api/v1/events?after=${after}` };
      ctx.body = await render(parts, ctx, 'overview', shell, {
        apps: shown,
        runs,
        now: engine.parts.clock.now(),
        example: `${parts.url.replace('://', '://me@')}/git/storefront.git`,
      });
    },
  },
];
