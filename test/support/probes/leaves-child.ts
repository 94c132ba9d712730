import { spawn } from 'node:child_process';

describe('a probe', () => {
  it('leaves a detached child', () => {
    spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }).unref();
  });
});
