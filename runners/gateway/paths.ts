/** Paths inside the gateway's container. */
export const INSIDE = {
  routes: '/gantry/routes.map',
  health: '/gantry/health.map',
  sessions: '/gantry/sessions.map',
  users: '/gantry/users.map',
  networks: '/gantry/networks.map',
  names: '/gantry/names.map',
  visitors: '/gantry/visitors.lua',
} as const;

/** What the map of networks says of those who are no instance. */
export const OUTSIDE = 'outside';

/** The ring of recent requests that meet an app with a gray lane. */
export const SAMPLES = 'samples';
