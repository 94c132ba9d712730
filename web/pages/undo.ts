import { numberParam } from '../api/body';
import { wantedOf } from '../api/undo';
import { actorOf, param, query, type Route } from '../route';
import { duration } from './helpers';
import { seeOther } from './login';
import { render } from './render';

/** What an undo will do, and the button that does exactly that. */
export const undoPageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/apps/:app/runs/:number/undo',
    permission: 'page',
    may: 'read',
    handle: async (parts, ctx) => {
      const wanted = wantedOf({ step: query(ctx, 'step'), before: query(ctx, 'before') });
      const run = { app: param(ctx, 'app'), run: numberParam(ctx, 'number') };
      const preview = await parts.engine.runs.previewUndo({ ...run, ...wanted });
      const shell = { title: `Undo of ${preview.app} run ${preview.run}`, events: '' };
      ctx.body = await render(parts, ctx, 'undo', shell, {
        ...preview,
        address: `/apps/${preview.app}/runs/${preview.run}`,
        step: 'step' in wanted ? wanted.step : '',
        before: 'before' in wanted ? wanted.before : '',
        steps: preview.steps.map((s) => ({ ...s, last: s.lastMs === null ? '' : duration(s.lastMs) })),
        possible: preview.refused.length === 0 && preview.steps.length > 0,
      });
    },
  },
  {
    method: 'POST',
    path: '/apps/:app/runs/:number/undo',
    permission: 'page',
    may: 'rollback',
    handle: async (parts, ctx) => {
      const form = ctx.state.form ?? new URLSearchParams();
      const field = (name: string) => form.get(name) || undefined;
      const asked = {
        app: param(ctx, 'app'),
        run: numberParam(ctx, 'number'),
        ...wantedOf({ step: field('step'), before: field('before') }),
        previewHash: field('previewHash') ?? '',
        reason: (field('reason') ?? '').slice(0, 500),
      };
      const started = await parts.engine.runs.undo(asked, actorOf(ctx));
      seeOther(ctx, `/apps/${asked.app}/runs/${started.run}`);
    },
  },
];
