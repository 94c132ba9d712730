import { join } from 'node:path';

/** The two apps of the demo. */
export const APPS = ['storefront', 'ledger'] as const;
export type App = (typeof APPS)[number];

/** `v1` is the app as it lies there; the others are laid over it. */
export const VERSIONS = ['v1', 'v2', 'v3-bad'] as const;
export type FixtureVersion = (typeof VERSIONS)[number];

/** What `/version` says of it. */
export const numberOf: Readonly<Record<FixtureVersion, string>> = { v1: '1.0.0', v2: '2.0.0', 'v3-bad': '3.0.0' };

/** The folders whose files, laid one over the other, make this version. */
export function foldersOf(root: string, app: App, version: FixtureVersion): string[] {
  const fixtures = join(root, 'fixtures');
  const base = join(fixtures, 'apps', app);
  return version === 'v1' ? [base] : [base, join(fixtures, 'versions', app, version)];
}

/** Where there is no Docker nothing dies of itself: the pipeline tells the dummy runner what to play. */
export function neverHealthyOnDummy(pipeline: string): string {
  return pipeline
    .replace(/^( *)health: .*$/m, '$1health: { path: /health, within: 5s }\n$1env: { DUMMY_NEVER_HEALTHY: "1" }')
    .trimEnd()
    .concat('\n');
}
