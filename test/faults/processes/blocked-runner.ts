/** A runner whose event loop stands still at its first effect of a step, until a file is there: `STEP FILE`. */
import { existsSync } from 'node:fs';
import { runMain } from '../../../runners/run';
import { runnerSettings } from '../../../settings';

const [step = '', file = ''] = process.argv.slice(2);
const LOOK_MS = 50;
const nothing = new Int32Array(new SharedArrayBuffer(4));

void runMain(runnerSettings(), (parts) => {
  let holds = false;
  return {
    ...parts,
    probe: (point, detail) => {
      if (point === 'step-taken' && detail.step === step) holds = true;
      if (!holds || point !== 'effect-intended') return;
      while (!existsSync(file)) Atomics.wait(nothing, 0, 0, LOOK_MS);
    },
  };
});
