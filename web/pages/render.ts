import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { messageOf } from '../../engine/model/errors';
import { ACTIONS, type Action } from '../../engine/users/actions';
import type { WebParts } from '../parts';
import type { Context } from '../route';
import { helpers } from './helpers';
import { staticVersion } from './static-files';

export const VIEWS = [
  'overview',
  'app',
  'run',
  'undo',
  'gray',
  'start',
  'login',
  'login-code',
  'login-enrol',
  'login-command',
  'signed-in',
  'recovery-codes',
  'invitation',
  'me',
  'people',
  'error',
  'health',
] as const;
export type View = (typeof VIEWS)[number];

interface Shell {
  title: string;
  /** Address of the events that change this page; empty when nothing does. */
  events: string;
}

type Renderer = (view: View, data: object) => string;
const renderers = new Map<string, Renderer>();

/** Answers with a page: the view inside the layout. Every text is escaped by the template. */
export async function render(parts: WebParts, ctx: Context, view: View, shell: Shell, data: object): Promise<string> {
  const { user, session, rights, mayHere } = ctx.state;
  const renderer = rendererOf(parts.options.root);
  ctx.type = 'text/html; charset=utf-8';
  return renderer(view, {
    ...data,
    shell: {
      ...shell,
      user: user?.name ?? '',
      people: rights?.may('audit', null) ?? false,
      // Buttons that would only be refused are not shown.
      may: Object.fromEntries(Object.keys(ACTIONS).map((action) => [action, mayHere?.(action as Action) ?? false])),
      form: session === undefined ? '' : parts.forms.of(session),
      solo: await isSolo(parts),
      version: parts.options.version,
      assets: staticVersion(parts.options.root),
    },
  });
}

/** The pages that tell of trouble must not need SQL. */
async function isSolo(parts: WebParts): Promise<boolean> {
  try {
    return await parts.engine.users.isSolo();
  } catch (error) {
    parts.log.warn({ error: messageOf(error) }, 'a page is shown without knowing whether there is one user');
    return false;
  }
}

/** Templates are read once per process. */
function rendererOf(root: string): Renderer {
  const known = renderers.get(root);
  if (known !== undefined) return known;
  const folder = join(root, 'web', 'pages', 'views');
  const bars = Handlebars.create();
  bars.registerHelper(helpers);
  const read = (name: string) => readFileSync(join(folder, `${name}.hbs`), 'utf8');
  for (const partial of ['layout', 'state', 'run-row', 'failure', 'step', 'log', 'log-line', 'charts'])
    bars.registerPartial(partial, read(partial));
  const options = { strict: true, knownHelpersOnly: true, knownHelpers: nameTrue(Object.keys(helpers)) };
  const templates = new Map(VIEWS.map((view) => [view, bars.compile(read(view), options)]));
  const renderer: Renderer = (view, data) => templates.get(view)?.(data) ?? '';
  renderers.set(root, renderer);
  return renderer;
}

const nameTrue = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, true]));
