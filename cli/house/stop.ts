import { removeFile } from '../processes/files';
import { awaitEnd, endProcess, type HowEnded, isRunning, type ProcessIdentity, signal } from '../processes/identity';
import { forgetUpState, orphansOf, readUpState, stateFiles } from './state';
import { GRACE_MS } from './supervisor';

export interface Stopped {
  name: string;
  pid: number;
  how: Exclude<HowEnded, 'was not running'>;
}

/** The supervisor ends its children one after the other; this is longer than all of them may take. */
const SUPERVISOR_MS = GRACE_MS.runner + GRACE_MS.redis + 5_000;

/** Ends what runs for this folder, in order: supervisor (which drains), then what it may have left, Redis last. */
export async function stopHouse(home: string, say: (line: string) => void): Promise<Stopped[]> {
  const stopped: Stopped[] = [];
  const state = readUpState(home);
  const children = state === undefined ? [] : orphansOf(state);
  if (state !== undefined && isRunning(state.supervisor)) {
    say(`draining Gantry at ${state.url}`);
    stopped.push(await endSupervisor(state.supervisor));
    for (const { name, identity } of children) {
      if (!isRunning(identity)) stopped.push({ name, pid: identity.pid, how: 'ended' });
    }
  }
  for (const { name, identity } of inOrder([...children, ...strangers(home, children)])) {
    await end(name, identity, stopped);
  }
  forgetUpState(home);
  for (const { file, identity } of stateFiles(home)) {
    if (identity === undefined) removeFile(file);
  }
  return stopped;
}

interface Named {
  name: string;
  identity: ProcessIdentity;
}

/** Processes of this folder that were not started by the supervisor: by hand, or by one that was killed. */
function strangers(home: string, known: readonly Named[]): Named[] {
  return stateFiles(home).flatMap(({ name, identity }) =>
    identity === undefined || known.some((child) => child.identity.pid === identity.pid) ? [] : [{ name, identity }],
  );
}

const inOrder = (all: Named[]): Named[] => all.sort((a, b) => Number(a.name === 'redis') - Number(b.name === 'redis'));

async function endSupervisor(supervisor: ProcessIdentity): Promise<Stopped> {
  signal(supervisor, 'SIGTERM');
  const ended = await awaitEnd(supervisor, SUPERVISOR_MS);
  const how = ended ? 'ended' : await endProcess(supervisor, 0);
  return { name: 'up', pid: supervisor.pid, how: how === 'was not running' ? 'ended' : how };
}

async function end(name: string, identity: ProcessIdentity, stopped: Stopped[]): Promise<void> {
  const graceMs = name === 'redis' ? GRACE_MS.redis : name.startsWith('web') ? GRACE_MS.web : GRACE_MS.runner;
  const how = await endProcess(identity, graceMs);
  if (how !== 'was not running') stopped.push({ name, pid: identity.pid, how });
}
