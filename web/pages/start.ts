import { GantryError } from '../../engine/model/errors';
import { kindOf } from '../../pipelines/parameters';
import type { ParameterSpec } from '../../pipelines/types';
import { startFrom } from '../git/start-from';
import type { WebParts } from '../parts';
import { actorOf, type Context, param, query, type Route } from '../route';
import { seeOther } from './login';
import { render } from './render';

/** The form by which people start a run: it asks for what the pipeline at that branch, tag or commit asks for. */
export const startPageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/apps/:app/start',
    permission: 'page',
    may: 'run',
    handle: async (parts, ctx) => {
      const { name } = await parts.engine.apps.find(param(ctx, 'app'));
      const shell = { title: `Start a run of ${name}`, events: '' };
      ctx.body = await render(parts, ctx, 'start', shell, await formOf(parts, name, query(ctx, 'ref')));
    },
  },
  {
    method: 'POST',
    path: '/apps/:app/start',
    permission: 'page',
    may: 'run',
    handle: async (parts, ctx) => {
      const app = param(ctx, 'app');
      const from = await startFrom(parts, app, field(ctx, 'ref') || undefined);
      const wanted = { app, ...from, parameters: valuesOf(ctx, from.spec.on.manual.parameters) };
      const { run } = await parts.engine.runs.start(
        { ...wanted, reason: field(ctx, 'reason').slice(0, 500) },
        actorOf(ctx),
      );
      seeOther(ctx, `/apps/${app}/runs/${run}`);
    },
  },
];

const field = (ctx: Context, name: string): string => ctx.state.form?.get(name) ?? '';

/** What a form cannot ask for is said instead: there is nothing to run yet, or nothing that can be read. */
async function formOf(parts: WebParts, app: string, ref: string | undefined) {
  try {
    const { commit, spec, ref: found } = await startFrom(parts, app, ref);
    const fields = spec.on.manual.parameters.map((one) => ({
      ...one,
      is: { [one.type]: true },
      kind: kindOf(one),
      given: one.default === null ? '' : String(one.default),
    }));
    return { app, ref: ref ?? found.replace(/^refs\/(heads|tags)\//, ''), commit, fields, problem: null };
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return { app, ref: ref ?? '', commit: '', fields: [], problem: { message: error.message, next: error.next } };
  }
}

/** A box that is not ticked is not sent, and an empty field was left out. */
function valuesOf(ctx: Context, parameters: readonly ParameterSpec[]): Record<string, string> {
  const given = parameters.map(({ name, type }): [string, string] => {
    const value = field(ctx, `set.${name}`);
    return [name, type === 'boolean' ? String(value === 'true') : value];
  });
  return Object.fromEntries(given.filter(([, value]) => value !== ''));
}
