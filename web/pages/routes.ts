import type { Route } from '../route';
import { appPageRoutes } from './app';
import { grayPageRoutes } from './gray';
import { invitationRoutes } from './invitation';
import { loginRoutes } from './login';
import { loginCodeRoutes } from './login-code';
import { loginCommandRoutes } from './login-command';
import { loginProviderRoutes } from './login-provider';
import { mePageRoutes } from './me';
import { overviewRoutes } from './overview';
import { peoplePageRoutes } from './people';
import { runPageRoutes } from './run';
import { startPageRoutes } from './start';
import { staticRoutes } from './static-files';
import { undoPageRoutes } from './undo';

export const pageRoutes: readonly Route[] = [
  ...staticRoutes,
  ...loginRoutes,
  ...loginCodeRoutes,
  ...loginCommandRoutes,
  ...loginProviderRoutes,
  ...invitationRoutes,
  ...mePageRoutes,
  ...peoplePageRoutes,
  ...overviewRoutes,
  ...appPageRoutes,
  ...startPageRoutes,
  ...grayPageRoutes,
  ...runPageRoutes,
  ...undoPageRoutes,
];
