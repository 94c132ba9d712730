import type { Route } from '../route';
import { appPageRoutes } from './app';
import { grayPageRoutes } from './gray';
import { loginRoutes } from './login';
import { overviewRoutes } from './overview';
import { runPageRoutes } from './run';
import { staticRoutes } from './static-files';
import { undoPageRoutes } from './undo';

export const pageRoutes: readonly Route[] = [
  ...staticRoutes,
  ...loginRoutes,
  ...overviewRoutes,
  ...appPageRoutes,
  ...grayPageRoutes,
  ...runPageRoutes,
  ...undoPageRoutes,
];
