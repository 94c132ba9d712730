import { expect } from 'chai';
import fc from 'fast-check';
import { INSTANCE_STATES, type InstanceState } from '../../../engine/model/states';
import type { Belonging } from '../../../engine/ports/belongings';
import { judge, type LiveRecords } from '../../../engine/retention/judge';

const NAMES = ['one', 'two'];
const environment = fc.constantFrom('test', 'production', 'unknown');
const belonging: fc.Arbitrary<Belonging> = fc
  .record({
    kind: fc.constantFrom('container', 'network', 'volume', 'image'),
    name: fc.constantFrom(...NAMES),
    role: fc.constantFrom('instance', 'build', 'verify', 'gateway', 'network', 'image'),
    environment,
    epoch: fc.integer({ min: 1, max: 3 }),
    madeAt: fc.integer({ min: 0, max: 10 }),
    inUse: fc.boolean(),
    lasting: fc.boolean(),
  })
  .map(({ role, environment: home, epoch, kind, ...rest }) => ({
    ...rest,
    kind: kind as Belonging['kind'],
    id: rest.name,
    bytes: 0,
    labels: { app: 'shop', role: role as Belonging['labels']['role'], environment: home, epoch, run: '1', step: 's' },
  }));
const records: fc.Arbitrary<LiveRecords> = fc
  .record({
    rows: fc.array(
      fc.tuple(
        fc.constantFrom(...NAMES),
        fc.constantFrom(...(Object.keys(INSTANCE_STATES) as InstanceState[])),
        fc.integer({ min: 0, max: 10 }),
      ),
    ),
    epoch: fc.option(fc.integer({ min: 1, max: 3 }), { nil: null }),
  })
  .map(({ rows, epoch }) => ({
    instances: new Map(rows.map(([name, state, endedAt]) => [name, { state, endedAt }])),
    environments: [
      { app: 'shop', name: 'test', role: 'environment' },
      { app: 'shop', name: 'production', role: 'production' },
    ],
    running: epoch === null ? [] : [{ app: 'shop', run: 1, step: 's', epoch }],
  }));

const always = (check: (one: Belonging, records: LiveRecords, is: string) => void): void =>
  fc.assert(
    fc.property(belonging, records, (one, known) => check(one, known, judge(one, known).is)),
    { numRuns: 3_000 },
  );

describe('the judgement of what carries our label [I4]', () => {
  it('never gives up an instance outside of a test environment for a missing record alone', () => {
    always((one, { instances }, is) => {
      const isInstance = one.kind === 'container' && one.labels.role === 'instance';
      if (isInstance && !instances.has(one.name) && one.labels.environment !== 'test') {
        expect(is).to.not.equal('orphan');
      }
    });
  });

  it('never gives up what a live record names', () => {
    always((one, { instances, running }, is) => {
      const state = instances.get(one.name)?.state;
      if (one.kind !== 'container') return;
      if (one.labels.role === 'instance' && state !== undefined && state !== 'gone') expect(is).to.equal('live');
      const [step] = running;
      const isCommand = one.labels.role === 'build' || one.labels.role === 'verify';
      if (isCommand && step !== undefined && (one.labels.epoch ?? 0) >= step.epoch) expect(is).to.equal('live');
    });
  });

  it('never gives up the house itself, images, volumes, or a network in which somebody is', () => {
    always((one, _records, is) => {
      const isHouse = one.lasting === true || one.kind === 'image' || one.kind === 'volume';
      if (isHouse || (one.kind === 'network' && one.inUse)) expect(is).to.equal('live');
      if (one.kind === 'container' && one.labels.role === 'gateway') expect(is).to.not.equal('orphan');
    });
  });

  it('gives up every container of a command whose step does not run', () => {
    always((one, { running }, is) => {
      const isCommand = one.kind === 'container' && ['build', 'verify'].includes(one.labels.role);
      if (isCommand && one.lasting !== true && running.length === 0) expect(is).to.equal('orphan');
    });
  });
});
