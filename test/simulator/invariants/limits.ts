import type { Lane } from '../../../engine/ports/gateway';
import type { Invariant } from '../simulation';
import { recordOf } from './facts';
import type { Picture } from './picture';
import { always, atRest, firstOf } from './support';

const labelled: Invariant = always(
  'I3',
  'every container says what it is: app, run, step, epoch, release and effect',
  (p) =>
    firstOf(p.acts, ({ kind, target, changed, step }) => {
      const labels = p.sim.world.instances.get(target)?.labels;
      if (kind !== 'instance-start' || !changed || labels === undefined) return undefined;
      const { app, run, step: name, release, effect, environment, role, epoch } = labels;
      const isWhole = [app, run, name, release, effect, environment].every((one) => one !== undefined && one !== '');
      if (!isWhole || role !== 'instance') return `${target} does not say what it is`;
      return epoch === step?.epoch ? undefined : `${target} says epoch ${epoch}, it was started by ${step?.epoch}`;
    }),
);

const owned: Invariant = atRest('I4', 'at rest every container has a living record', (p) =>
  firstOf(p.sim.world.instances.keys(), (name) => {
    const row = p.rows('instances').get(name);
    if (row === undefined) return `${name} is in no record`;
    return row.state === 'gone' ? `${name} still is there; its record says it is gone` : undefined;
  }),
);

const settled: Invariant = atRest('I4b', 'at rest nothing is half started or half removed', (p) =>
  firstOf(p.rows('instances').values(), ({ name, state }) =>
    state === 'starting' || state === 'draining' ? `${name} is ${state}, and nobody sees to it` : undefined,
  ),
);

/** Autoscaling comes later: the number of a release's instances is the one that its record names. */
const counted: Invariant = always('I6', 'no lane has more instances than its release wants', (p) => {
  if (p.changesOf('instances').length === 0) return undefined;
  const lanes = new Map<string, number>();
  for (const { environment_id, lane, release_id, state } of p.rows('instances').values()) {
    if (state !== 'serving') continue;
    const key = `${environment_id} ${lane} ${release_id}`;
    lanes.set(key, (lanes.get(key) ?? 0) + 1);
  }
  return firstOf(lanes, ([key, count]) => {
    const [environment = '', lane = '', release = ''] = key.split(' ');
    const wanted = wantedOf(p, release);
    const host = p.rows('environments').get(environment)?.host;
    return count <= wanted
      ? undefined
      : `lane ${lane as Lane} of ${host} has ${count} instances, its release wants ${wanted}`;
  });
});

function wantedOf(p: Picture, id: string): number {
  const release = p.rows('releases').get(id);
  if (release === undefined) return 0;
  return Math.max(...Object.values(recordOf(release).stages).map(({ serve }) => serve.instances));
}

export const limits: readonly Invariant[] = [labelled, owned, settled, counted];
