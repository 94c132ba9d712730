import type { AppFound } from '../../engine/apps/find';
import type { EnvironmentShown } from '../../engine/environments/show';
import type { RunSummary } from '../../engine/runs/summary';
import { hookUrls } from '../hooks/forges';
import type { WebParts } from '../parts';

/** What the engine shows, with the addresses that only web knows. */

export const runUrl = (parts: WebParts, app: string, number: number): string =>
  `${parts.url}/apps/${app}/runs/${number}`;

export const withRunUrl = <R extends RunSummary>(parts: WebParts, run: R): R & { url: string } => ({
  ...run,
  url: runUrl(parts, run.app, run.number),
});

export const withHostUrl = <E extends EnvironmentShown>(parts: WebParts, environment: E): E & { url: string } => ({
  ...environment,
  url: hostUrl(parts, environment.host),
});

/** Where visitors meet it, through the gateway. */
export function hostUrl({ options }: WebParts, host: string): string {
  const { port } = options.gateway;
  return `http://${host}${port === 80 ? '' : `:${port}`}/`;
}

/** Where the app is pushed to; apps of one repository have the same. */
export const remoteUrl = (parts: WebParts, app: AppFound): string => `${parts.url}/git/${app.repository}.git`;

/** An app with its environments and its newest run. */
export async function showApp(parts: WebParts, app: AppFound) {
  const { engine } = parts;
  const [environments, runs, source, told] = await Promise.all([
    engine.environments.show(app.id),
    engine.runs.summaries({ appId: app.id, limit: 1 }),
    engine.apps.source(app.repository_id ?? app.id),
    engine.forges.standing(app.repository_id ?? app.id),
  ]);
  const last = runs[0];
  return {
    name: app.name,
    createdAt: app.created_at,
    path: app.path,
    repository: app.repository,
    remote: remoteUrl(parts, app),
    source: source === null ? null : { ...source, hooks: hookUrls(parts, app.repository) },
    told,
    environments: environments.map((environment) => withHostUrl(parts, environment)),
    lastRun: last === undefined ? null : withRunUrl(parts, last),
  };
}
