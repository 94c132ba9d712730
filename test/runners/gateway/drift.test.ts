import { expect } from 'chai';
import { findDrift } from '../../../runners/gateway/drift';

const running = (name: string) => ({
  ...{ backend: 's0_a', name, address: '10.0.0.2', port: 8080 },
  ...{ heldBack: true, prepared: true, retired: false },
});

describe('a comparison of the gateway with the records', () => {
  it('leaves a server alone whose instance still starts, and takes out one that nobody knows', () => {
    const seen = { routes: new Map(), servers: [running('starts'), running('forgotten')] };
    const drift = findDrift({ slots: [], starting: ['starts'] }, new Map(), { slots: 16, backends: {} }, seen);
    expect(drift.extraServers).to.deep.equal([{ backend: 's0_a', name: 'forgotten' }]);
    expect(drift.sentences).to.deep.equal(['server forgotten (s0_a) is in no record: it was removed']);
  });
});
