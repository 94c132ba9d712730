import { expect } from 'chai';
import { mergedRings } from '../../../engine/queue/merged-rings';

describe('rings that come close together', () => {
  const hint = (stepId: string) => ({ stepId, epoch: 0 });

  it('are two: the first at once, and one for all the others', async () => {
    const sent: string[] = [];
    const last = new Promise<void>((resolve) => {
      const rings = mergedRings(async ({ stepId }) => {
        sent.push(stepId);
        if (sent.length === 2) resolve();
        return true;
      });
      for (const id of ['a', 'b', 'c', 'd']) void rings.ring(hint(id));
    });
    expect(sent).to.deep.equal(['a']);
    await last;
    expect(sent).to.deep.equal(['a', 'b']);
  });

  it('leave nothing behind when the bell is taken down', async () => {
    const sent: string[] = [];
    const rings = mergedRings(async ({ stepId }) => sent.push(stepId) > 0);
    expect(await rings.ring(hint('a'))).to.equal(true);
    expect(await rings.ring(hint('b'))).to.equal(true);
    rings.stop();
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(sent).to.deep.equal(['a']);
  });
});
