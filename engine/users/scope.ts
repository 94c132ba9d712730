import type { AppId } from '../model/ids';

/** Where a grant holds: at one app, or at all of them. */
export const ALL_APPS = '*';
export type GrantScope = AppId | typeof ALL_APPS;
