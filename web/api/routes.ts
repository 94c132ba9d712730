import { hookRoutes } from '../hooks/receive';
import type { Route } from '../route';
import { appRoutes } from './apps';
import { auditRoutes } from './audit';
import { descriptionRoute } from './description';
import { environmentRoutes } from './environments';
import { eventRoutes } from './events';
import { grayRoutes } from './gray';
import { healthRoutes } from './health';
import { hookApiRoutes } from './hooks';
import { instanceRoutes } from './instances';
import { lintRoutes } from './lint';
import { liveRoutes } from './live';
import { logRoutes } from './logs';
import { releaseRoutes } from './releases';
import { retentionRoutes } from './retention';
import { runRoutes } from './runs';
import { statusRoutes } from './status';
import { trafficRoutes } from './traffic';
import { undoRoutes } from './undo';
import { whyRoutes } from './why';

const described: readonly Route[] = [
  ...healthRoutes,
  ...statusRoutes,
  ...appRoutes,
  ...hookApiRoutes,
  ...runRoutes,
  ...logRoutes,
  ...liveRoutes,
  ...eventRoutes,
  ...grayRoutes,
  ...trafficRoutes,
  ...undoRoutes,
  ...whyRoutes,
  ...releaseRoutes,
  ...environmentRoutes,
  ...instanceRoutes,
  ...retentionRoutes,
  ...lintRoutes,
  ...auditRoutes,
];

export const apiRoutes: readonly Route[] = [...described, descriptionRoute([...described, ...hookRoutes])];
