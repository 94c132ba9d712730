import { expect } from 'chai';
import { stepLog } from '../../../runners/worker/log';

describe('the log that a step writes', () => {
  it('is closed for good: what a step that was left to itself still says goes nowhere', async () => {
    const written: string[] = [];
    const logs = {
      append: async (_run: string, _step: string, bytes: Buffer) => void written.push(bytes.toString()),
      end: async () => void written.push('(end)'),
      read: async () => Buffer.alloc(0),
      size: async () => 0,
    };
    const log = stepLog(logs, 'a1', 'b2', { now: () => 0 }, (error) => expect.fail(String(error)));
    log.line('in time');
    await log.close();
    log.line('late');
    await log.close();
    expect(written).to.deep.equal(['00:00:00.000 in time\n', '(end)', '(end)']);
  });
});
