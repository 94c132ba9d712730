/** Kills a runner in every step kind and web in every request, each at all of its moments: nothing is lost or doubled. */
import { runBench, type Workshop } from './support/bench';
import { runnerPoints, tryRunnerPoint } from './support/faults/matrix/runner-point';
import { Templates } from './support/faults/matrix/templates';
import { tryWebPoint, webPoints } from './support/faults/matrix/web-point';
import { bareRedis } from './support/faults/redis';
import type { Figure } from './support/figures';

/** Points at once: each waits for processes to begin most of the time. */
const AT_ONCE = 4;

async function measure({ folder, settings, cleanup, say }: Workshop): Promise<Figure[]> {
  const { root, environment } = settings;
  const place = { folder, root, environment, later: (act: () => Promise<void> | void) => cleanup.later(act) };
  const matrix = { ...place, redisUrl: await bareRedis(place) };
  const templates = new Templates(matrix);
  const points = [
    ...runnerPoints().map((point) => ({
      name: `runner, ${point.kind}, ${point.moment}`,
      test: () => tryRunnerPoint(matrix, templates, point),
    })),
    ...webPoints().map((point) => ({
      name: `web, ${point.verb}, ${point.moment}`,
      test: () => tryWebPoint(matrix, templates, point),
    })),
  ];
  let passed = 0;
  const rest = [...points];
  const work = async (): Promise<void> => {
    for (let point = rest.shift(); point !== undefined; point = rest.shift()) {
      const wrong = await point.test();
      if (wrong.length === 0) passed += 1;
      say(`${point.name}: ${wrong.length === 0 ? 'as it should be' : wrong.join('; ')}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return [
    { name: 'points', value: points.length },
    { name: 'passed', value: passed, goal: { atLeast: points.length } },
  ];
}

void runBench('kill-matrix', measure);
