import type { Route } from '../route';
import { appRoutes } from './apps';
import { environmentRoutes } from './environments';
import { eventRoutes } from './events';
import { healthRoutes } from './health';
import { lintRoutes } from './lint';
import { logRoutes } from './logs';
import { releaseRoutes } from './releases';
import { runRoutes } from './runs';
import { statusRoutes } from './status';
import { trafficRoutes } from './traffic';

export const apiRoutes: readonly Route[] = [
  ...healthRoutes,
  ...statusRoutes,
  ...appRoutes,
  ...runRoutes,
  ...logRoutes,
  ...eventRoutes,
  ...trafficRoutes,
  ...releaseRoutes,
  ...environmentRoutes,
  ...lintRoutes,
];
