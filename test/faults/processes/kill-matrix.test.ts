import { expect } from 'chai';
import { runnerPoints, tryRunnerPoint } from '../../../bench/support/faults/matrix/runner-point';
import { tryWebPoint, webPoints } from '../../../bench/support/faults/matrix/web-point';
import { type MatrixScene, matrixScene } from './place';

const LIMIT_MS = 180_000;
/** Points of each kind in one pass; `./gantry bench kill-matrix` tries all of them. */
const SAMPLE = { runner: 3, web: 1 };

/** Other ones each day, so that all have had their turn after some weeks. */
function sample<T>(points: readonly T[], size: number): T[] {
  const day = Math.floor(Date.now() / 86_400_000);
  const first = (day * size) % points.length;
  return Array.from({ length: size }, (_, i) => points[(first + i) % points.length] as T);
}

describe('a process that is killed for real', () => {
  let scene: MatrixScene;
  before(async function () {
    this.timeout(LIMIT_MS);
    scene = await matrixScene();
  });
  after(async function () {
    this.timeout(LIMIT_MS);
    await scene.remove();
  });

  it('as a runner, at a sample of all points of all step kinds, loses nothing and does nothing twice [F4]', async () => {
    const points = sample(runnerPoints(), SAMPLE.runner);
    for (const point of points) {
      expect(await tryRunnerPoint(scene.place, scene.templates, point), `${point.kind}, ${point.moment}`).to.deep.equal(
        [],
      );
    }
  }).timeout(LIMIT_MS);

  it('as a web, at a sample of all requests, has stored all or nothing [F3]', async () => {
    const points = sample(webPoints(), SAMPLE.web);
    for (const point of points) {
      expect(await tryWebPoint(scene.place, scene.templates, point), `${point.verb}, ${point.moment}`).to.deep.equal(
        [],
      );
    }
  }).timeout(LIMIT_MS);

  it('before it has stored a webhook, answers nothing, and takes the redelivery [F1]', async () => {
    expect(await tryWebPoint(scene.place, scene.templates, { verb: 'hook', moment: 'before commit' })).to.deep.equal(
      [],
    );
  }).timeout(LIMIT_MS);

  it('between the record of a webhook and its answer, knows it when it is sent again [F2]', async () => {
    expect(await tryWebPoint(scene.place, scene.templates, { verb: 'hook', moment: 'after commit' })).to.deep.equal([]);
  }).timeout(LIMIT_MS);
});
