import { createHash } from 'node:crypto';
import { blobsOf, type ImageArchive } from '../../../engine/ports/images';
import { imageOfStage, productionStage } from '../../../engine/releases/record';
import type { Act, Invariant } from '../simulation';
import { recordOf, trafficOf } from './facts';
import type { Picture } from './picture';
import type { Row } from './recorder';
import { always, firstOf, remembering } from './support';

const DIGEST = /^sha256:[0-9a-f]{8,}$/;

const digests: Invariant = always(
  'R1',
  'a release names digests, and an instance is made of the digest that it names',
  (p) => {
    const record = firstOf(p.changesOf('releases'), ({ is }) => {
      if (is === undefined) return undefined;
      const { image, artifact, baseId, stages } = recordOf(is);
      const named = [
        image.id,
        artifact?.digest,
        baseId,
        ...Object.values(stages).flatMap((s) => s.files.map((f) => f.digest)),
      ];
      return firstOf(named, (one) =>
        one == null || DIGEST.test(one) ? undefined : `release ${is.number} names ${one}`,
      );
    });
    return record ?? firstOf(started(p), ({ target }) => wrongImage(p, target));
  },
);

const started = (p: Picture): readonly Act[] =>
  p.acts.filter(({ kind, changed }) => kind === 'instance-start' && changed);

function wrongImage(p: Picture, name: string): string | undefined {
  const instance = p.sim.world.instances.get(name);
  const release = instance === undefined ? undefined : releaseOf(p, instance.labels.app, instance.labels.release);
  if (instance === undefined) return undefined;
  if (release === undefined) return `${name} is of no release`;
  const record = recordOf(release);
  const allowed = Object.keys(record.stages).map((stage) => imageOfStage(record, stage));
  return allowed.includes(instance.imageId) ? undefined : `${name} is made of ${instance.imageId}, not of its release`;
}

const releaseOf = (p: Picture, app: string, number: string | undefined): Row<'releases'> | undefined =>
  [...p.rows('releases').values()].find(
    (row) => String(row.number) === number && p.rows('apps').get(row.app_id)?.name === app,
  );

/** Built once: read as "one release per run, and all that a run starts is of it". */
const sameBytes: Invariant = remembering(
  'R2',
  'what a run carries is the same in all stages: it is built once',
  () => ({ releases: new Map<string, string>() }),
  (p, { releases }) => {
    const second = firstOf(p.changesOf('releases'), ({ was, is }) => {
      if (was !== undefined || is === undefined) return undefined;
      const other = releases.get(is.run_id);
      releases.set(is.run_id, is.id);
      return other === undefined ? undefined : `run ${is.run_id} sealed two releases`;
    });
    const carried = firstOf(p.changesOf('runs'), ({ was, is }) =>
      was?.release_id != null && is !== undefined && is.release_id !== was.release_id
        ? `run ${is.number} carries another release than before`
        : undefined,
    );
    return second ?? carried ?? firstOf(started(p), (act) => foreignRelease(p, act));
  },
);

/** A step of a push delivers what its own run has sealed; only a way back starts older releases. */
function foreignRelease(p: Picture, { target, step }: Act): string | undefined {
  const row = p.rows('steps').get(step?.stepId ?? '');
  const run = p.rows('runs').get(row?.run_id ?? '');
  const labels = p.sim.world.instances.get(target)?.labels;
  if (row?.verb !== 'run' || run === undefined || labels === undefined) return undefined;
  const own = p.rows('releases').get(run.release_id ?? '');
  return String(own?.number) === labels.release ? undefined : `run ${run.number} started release ${labels.release}`;
}

const immutable: Invariant = always('R4', 'what is sealed never changes', (p) => {
  const artifact = firstOf(p.changesOf('artifacts'), ({ was, is }) =>
    was !== undefined && is !== undefined ? `artifact ${is.digest} was changed` : undefined,
  );
  const release = firstOf(p.changesOf('releases'), ({ was, is }) => {
    if (is === undefined) return undefined;
    const hash = createHash('sha256').update(is.record).digest('hex');
    if (hash !== is.hash) return `release ${is.number} has another hash than its record`;
    const isSame =
      was === undefined || (was.record === is.record && was.number === is.number && was.run_id === is.run_id);
    if (!isSame) return `release ${is.number} was changed`;
    return was?.state === 'withdrawn' && is.state !== 'withdrawn' ? `release ${is.number} came back` : undefined;
  });
  return artifact ?? release;
});

const kept: Invariant = always('R5', 'nothing that serves, is the way back or is kept is ever collected', (p) => {
  const forgotten = firstOf(p.changesOf('image_archives'), ({ was, is }) =>
    was !== undefined && is === undefined && needed(p).has(was.image_id)
      ? `the archive of ${was.image_id} was dropped`
      : undefined,
  );
  const removed = new Set(p.acts.filter(({ kind }) => kind === 'blob-remove').map(({ target }) => target));
  if (forgotten !== undefined || removed.size === 0) return forgotten;
  return firstOf(p.rows('image_archives').values(), ({ image_id, state, archive }) => {
    if (state !== 'kept' || archive === null) return undefined;
    const lost = blobsOf(JSON.parse(archive) as ImageArchive).find(({ digest }) => removed.has(digest));
    return lost === undefined ? undefined : `the blob ${lost.digest} of the kept image ${image_id} was collected`;
  });
});

/** The images of everything that stands in a production, and of the way back. */
function needed(p: Picture): Set<string | null> {
  const productions = [...p.rows('environments').values()].filter(({ role }) => role === 'production');
  const ids = productions.flatMap((row) => {
    const { lanes, previous } = trafficOf(row);
    return [lanes.a, lanes.b, lanes.c, previous];
  });
  const releases = ids.flatMap((id) => p.rows('releases').get(id ?? '') ?? []);
  return new Set(releases.map(recordOf).map((record) => imageOfStage(record, productionStage(record))));
}

/** Signed statements come later: R6 is read as "the record names them, and they are true". */
const provenance: Invariant = always('R6', 'every sealed artifact names its commit, run, step and builder', (p) =>
  firstOf(p.changesOf('artifacts'), ({ was, is }) => {
    if (was !== undefined || is === undefined) return undefined;
    const { commit, run, step, builtIn } = JSON.parse(is.provenance) as Record<string, unknown>;
    const maker = p.rows('runs').get(is.run_id);
    const isTrue =
      maker?.commit === commit && maker?.number === run && typeof step === 'string' && builtIn !== undefined;
    return isTrue ? undefined : `artifact ${is.digest} has the provenance ${is.provenance}`;
  }),
);

export const artifacts: readonly Invariant[] = [digests, sameBytes, immutable, kept, provenance];
