import type { Route } from '../route';
import { appRoutes } from './apps';
import { environmentRoutes } from './environments';
import { eventRoutes } from './events';
import { healthRoutes } from './health';
import { hookApiRoutes } from './hooks';
import { lintRoutes } from './lint';
import { logRoutes } from './logs';
import { releaseRoutes } from './releases';
import { runRoutes } from './runs';
import { statusRoutes } from './status';
import { trafficRoutes } from './traffic';
import { undoRoutes } from './undo';

export const apiRoutes: readonly Route[] = [
  ...healthRoutes,
  ...statusRoutes,
  ...appRoutes,
  ...hookApiRoutes,
  ...runRoutes,
  ...logRoutes,
  ...eventRoutes,
  ...trafficRoutes,
  ...undoRoutes,
  ...releaseRoutes,
  ...environmentRoutes,
  ...lintRoutes,
];
