import { failure } from '../errors';
import { isRunning } from '../processes/identity';
import { readUpState, stateFiles } from './state';

/** Refuses while any process of this folder runs. @throws CommandError `still-runs` */
export function demandStopped(home: string, doing: string): void {
  const up = readUpState(home);
  const supervisor = up !== undefined && isRunning(up.supervisor) ? [`up (process ${up.supervisor.pid})`] : [];
  const others = stateFiles(home).flatMap(({ name, identity }) =>
    identity === undefined ? [] : [`${name} (process ${identity.pid})`],
  );
  const running = [...supervisor, ...others];
  if (running.length === 0) return;
  throw failure(
    'still-runs',
    `Gantry runs on ${home} (${running.join(', ')}), and ${doing} would change the records under it`,
    'stop it first, apps keep serving: ./gantry down',
  );
}
