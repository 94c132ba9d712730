import { hostUrl, remoteUrl } from '../api/shapes';
import { actorOf, param, type Route } from '../route';
import { seeOther } from './login';
import { render } from './render';
import { triggersView } from './triggers-view';

const RUNS_SHOWN = 20;

export const appPageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/apps/:app',
    permission: 'page',
    may: 'read',
    handle: async (parts, ctx) => {
      const { engine } = parts;
      const app = await engine.apps.find(param(ctx, 'app'));
      const after = await engine.events.newest();
      const [environments, releases, runs, triggers] = await Promise.all([
        engine.environments.show(app.id),
        engine.releases.showAll(app.name),
        engine.runs.summaries({ appId: app.id, limit: RUNS_SHOWN }),
        engine.triggers.show(app.name),
      ]);
      const production = environments.find((e) => e.role === 'production');
      const back = production?.gray != null ? production.stable : (production?.warm ?? production?.previous ?? null);
      const target = releases.some((r) => r.id === back?.id && r.state === 'withdrawn') ? null : back;
      const shell = { title: app.name, events: `/api/v1/events?app=${app.name}&after=${after}` };
      ctx.body = await render(parts, ctx, 'app', shell, {
        app: {
          name: app.name,
          createdAt: app.created_at,
          remote: remoteUrl(parts, app),
          folder: app.path === '.' ? '' : app.path,
        },
        environments: environments.map((e) => ({
          ...e,
          url: hostUrl(parts, e.host),
          behind: e.version !== e.confirmedVersion,
          restShare: 10_000 - e.share,
          rules: e.rules.map(({ text }) => text).join(', '),
        })),
        rollback:
          target === null || production === undefined
            ? null
            : {
                to: target,
                from: production.gray ?? production.stable,
                isGray: production.gray !== null,
                isWarm: production.warm !== null,
              },
        releases,
        runs,
        triggers: triggersView(triggers),
        now: engine.parts.clock.now(),
      });
    },
  },
  {
    method: 'POST',
    path: '/apps/:app/rollback',
    permission: 'page',
    may: 'rollback',
    handle: async (parts, ctx) => {
      const app = param(ctx, 'app');
      const reason = (ctx.state.form?.get('reason') ?? '').slice(0, 500);
      const started = await parts.engine.runs.rollback({ app, reason }, actorOf(ctx));
      seeOther(ctx, `/apps/${app}/runs/${started.run}`);
    },
  },
];
