import { type Route, StaleRouteError } from '../../engine/ports/gateway';
import { formatRoute } from './route-line';

/** What the host follows after `offered`: refuses what is older, or another route under the same version. */
export function follow(current: Route | undefined, offered: Route): { route: Route; isNew: boolean } {
  const sticky = offered.sticky ?? current?.sticky ?? false;
  const route: Route = { ...offered, sticky };
  if (current === undefined || offered.version > current.version) return { route, isNew: true };
  if (offered.version < current.version || formatRoute(current) !== formatRoute(route)) {
    throw new StaleRouteError(offered.host, offered.version, current.version);
  }
  return { route, isNew: false };
}
