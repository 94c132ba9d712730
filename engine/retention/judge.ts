import type { InstanceState } from '../model/states';
import type { Belonging } from '../ports/belongings';

/** What the records say of everything that may stand on a cluster. */
export interface LiveRecords {
  /** By name. */
  instances: ReadonlyMap<string, { state: InstanceState; endedAt: number | null }>;
  environments: readonly { app: string; name: string; role: 'environment' | 'production' }[];
  /** Steps that a runner carries out now. */
  running: readonly { app: string; run: number; step: string; epoch: number }[];
}

export type Judgement =
  | { is: 'live' }
  /** Nothing leads to it any more: it is removed when a second look says the same. */
  | { is: 'orphan'; why: string }
  /** People have to look: it is never removed by itself. */
  | { is: 'doubtful'; why: string };

const LIVE: Judgement = { is: 'live' };

/** Whether something of ours still has an owner. Pure. What is kept by age alone (images, caches) is no matter of it. */
export function judge(one: Belonging, records: LiveRecords): Judgement {
  if (one.lasting === true) return LIVE;
  if (one.kind === 'network') return judgeNetwork(one, records);
  if (one.kind !== 'container') return LIVE;
  if (one.labels.role === 'instance') return judgeInstance(one, records);
  if (one.labels.role === 'build' || one.labels.role === 'verify') return judgeCommand(one, records);
  return { is: 'doubtful', why: `nobody knows what a container with the role ${one.labels.role} is for` };
}

function judgeInstance(one: Belonging, records: LiveRecords): Judgement {
  const record = records.instances.get(one.name);
  if (record !== undefined && record.state !== 'gone') return LIVE;
  const { app, environment } = one.labels;
  const home = records.environments.find((e) => e.app === app && e.name === environment);
  const isThrowAway = home?.role === 'environment';
  if (record === undefined) {
    if (isThrowAway) return { is: 'orphan', why: 'no record knows this instance' };
    const where = home === undefined ? 'an environment that no record knows' : 'gray or production';
    return { is: 'doubtful', why: `no record knows this instance of ${where}; it may serve` };
  }
  // Made after its record ended: the record is older than the world.
  if (!isThrowAway && one.madeAt > (record.endedAt ?? 0)) {
    return { is: 'doubtful', why: 'its record says that it was gone before it was made' };
  }
  return { is: 'orphan', why: 'its record says that it is gone' };
}

function judgeCommand(one: Belonging, { running }: LiveRecords): Judgement {
  const { app, run, step, epoch } = one.labels;
  if (run === undefined || step === undefined) return { is: 'doubtful', why: 'its labels name no step' };
  const mine = running.find((s) => s.app === app && String(s.run) === run && s.step === step);
  if (mine === undefined) return { is: 'orphan', why: `its step ${app}#${run}/${step} does not run` };
  if (epoch !== undefined && epoch < mine.epoch) return { is: 'orphan', why: `a later attempt of ${step} runs` };
  return LIVE;
}

function judgeNetwork(one: Belonging, { environments }: LiveRecords): Judgement {
  if (one.inUse) return LIVE;
  if (one.stage === undefined) return { is: 'orphan', why: 'nothing is in it, and nothing asks for it' };
  const isKnown = environments.some(({ name }) => name === one.stage);
  return isKnown ? LIVE : { is: 'orphan', why: `there is no stage ${one.stage}` };
}
