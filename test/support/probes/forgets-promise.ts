import { setImmediate as turn } from 'node:timers/promises';

describe('a probe', () => {
  it('forgets a promise', async () => {
    void Promise.reject(new Error('forgotten'));
    await turn();
  });
});
