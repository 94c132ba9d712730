import { hookRoutes } from '../hooks/receive';
import type { Route } from '../route';
import { approvalRoutes } from './approvals';
import { appRoutes } from './apps';
import { auditRoutes } from './audit';
import { channelRoutes } from './channels';
import { descriptionRoute } from './description';
import { environmentRoutes } from './environments';
import { eventRoutes } from './events';
import { freezeRoutes } from './freezes';
import { grayRoutes } from './gray';
import { healthRoutes } from './health';
import { hookApiRoutes } from './hooks';
import { instanceRoutes } from './instances';
import { invitationRoutes } from './invitations';
import { lintRoutes } from './lint';
import { liveRoutes } from './live';
import { loginApiRoutes } from './login';
import { logRoutes } from './logs';
import { releaseRoutes } from './releases';
import { requestRoutes } from './requests';
import { retentionRoutes } from './retention';
import { roleRoutes } from './roles';
import { runRoutes } from './runs';
import { secretRoutes } from './secrets';
import { sessionRoutes } from './sessions';
import { startRoutes } from './start';
import { statusRoutes } from './status';
import { teamRoutes } from './teams';
import { tokenRoutes } from './tokens';
import { trafficRoutes } from './traffic';
import { triggerRoutes } from './triggers';
import { undoRoutes } from './undo';
import { userRoutes } from './users';
import { whyRoutes } from './why';

const described: readonly Route[] = [
  ...healthRoutes,
  ...statusRoutes,
  ...appRoutes,
  ...hookApiRoutes,
  ...requestRoutes,
  ...runRoutes,
  ...approvalRoutes,
  ...freezeRoutes,
  ...startRoutes,
  ...triggerRoutes,
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
  ...secretRoutes,
  ...lintRoutes,
  ...auditRoutes,
  ...channelRoutes,
  ...userRoutes,
  ...teamRoutes,
  ...roleRoutes,
  ...loginApiRoutes,
  ...invitationRoutes,
  ...sessionRoutes,
  ...tokenRoutes,
];

export const apiRoutes: readonly Route[] = [...described, descriptionRoute([...described, ...hookRoutes])];
