import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { withBuildLock } from '../../../runners/bases/build-lock';

describe('the lock of a base build', () => {
  const name = `test-${process.pid}`;

  it('lets one in at a time and tells the other that it waits', async () => {
    const told: string[] = [];
    const work = (who: string) =>
      withBuildLock(
        name,
        () => told.includes(`${who} waits`) || told.push(`${who} waits`),
        async () => {
          told.push(`${who} begins`);
          await wait(20);
          told.push(`${who} ends`);
        },
      );
    await Promise.all([work('first'), work('second')]);
    expect(told.filter((line) => !line.includes('waits'))).to.deep.equal([
      'first begins',
      'first ends',
      'second begins',
      'second ends',
    ]);
    expect(told).to.include('second waits');
  });

  it('is free again after a failure', async () => {
    const failed = await withBuildLock(
      name,
      () => undefined,
      () => Promise.reject(new Error('no')),
    ).catch(String);
    expect(failed).to.include('no');
    expect(
      await withBuildLock(
        name,
        () => undefined,
        async () => 'yes',
      ),
    ).to.equal('yes');
  });
});
