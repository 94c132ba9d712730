import { expect } from 'chai';
import { type WhyFacts, whyOf } from '../../engine/runs/why';

const NOW = Date.UTC(2026, 10, 30, 7, 44, 0);
const at = (seconds: number): number => NOW + seconds * 1000;

const facts = (changes: Partial<WhyFacts>): WhyFacts => ({
  app: 'shop',
  number: 7,
  state: 'running',
  reason: '',
  now: NOW,
  gate: null,
  running: null,
  watch: null,
  ready: null,
  line: null,
  wanted: { runner: 'runner', command: 'gantry up' },
  runners: { alive: 1, places: 8, taken: 0, takenSince: null, lastSeen: NOW },
  inFront: 0,
  ...changes,
});
const ready = (changes: Partial<NonNullable<WhyFacts['ready']>> = {}) => ({
  step: 'gray/deliver',
  since: at(-5),
  attempt: 0,
  notBefore: 0,
  reason: '',
  ...changes,
});

const line = (first: NonNullable<WhyFacts['line']>['first']): NonNullable<WhyFacts['line']> => ({
  place: 'gray',
  position: 1,
  behind: 6,
  words: '1st in line for gray of shop, behind #6',
  first,
});

/** What is read → what people are told. */
const STORIES: readonly (readonly [name: string, facts: WhyFacts, sentences: string[], commands: string[]])[] = [
  [
    'two people of whom one has agreed',
    facts({
      state: 'waiting',
      gate: { step: 'production/approve', role: 'release-manager', count: 2, yes: ['ada'], expiresAt: at(86_400) },
    }),
    [
      'production/approve waits for one person (release-manager) to approve',
      '1 of 2 said yes: ada',
      'the question expires at 2026-12-01 07:44 UTC',
    ],
    ['gantry approve shop 7 --step production/approve', 'gantry reject shop 7 --step production/approve'],
  ],
  [
    'another run that has gray and production',
    facts({ ready: ready(), line: line({ number: 6, step: 'gray/approve', state: 'waiting' }) }),
    [
      'gray/deliver waits for its turn: 1st in line for gray of shop, behind #6',
      'run 6 is at gray/approve, which waits for people',
    ],
    ['gantry why shop 6'],
  ],
  [
    'a runner where none is alive',
    facts({ ready: ready(), runners: { alive: 0, places: 0, taken: 0, takenSince: null, lastSeen: at(-3_600) } }),
    ['gray/deliver waits for a runner', 'no runner is alive: the last one was there until 2026-11-30 06:44 UTC'],
    ['gantry up', 'gantry doctor'],
  ],
  [
    'a runner of a pool of which none is alive',
    facts({
      ready: ready(),
      wanted: { runner: 'runner of pool build', command: 'gantry runner --pool build' },
      runners: { alive: 0, places: 0, taken: 0, takenSince: null, lastSeen: null },
    }),
    ['gray/deliver waits for a runner', 'no runner of pool build is alive: none has been there for a day'],
    ['gantry runner --pool build', 'gantry doctor'],
  ],
  [
    'a runner where no place is free',
    facts({
      ready: ready(),
      runners: { alive: 2, places: 16, taken: 16, takenSince: at(-60), lastSeen: NOW },
      inFront: 3,
    }),
    ['gray/deliver waits for a runner', 'all 16 places of 2 runners are taken since 07:43:00 UTC; 3 steps go first'],
    [],
  ],
  [
    'a runner that has a free place',
    facts({ ready: ready() }),
    ['gray/deliver waits for a runner', 'since 07:43:55 UTC; a place is free, and it is next'],
    [],
  ],
  [
    'the next attempt',
    facts({ ready: ready({ attempt: 2, notBefore: at(4), reason: 'Docker does not answer' }) }),
    [
      'gray/deliver waits to be tried again',
      'attempt 3 begins at 07:44:04 UTC, because attempt 2 met this: Docker does not answer',
    ],
    [],
  ],
  [
    'the end of the watch',
    facts({
      running: { step: 'gray/observe', since: NOW },
      watch: { step: 'gray/observe', until: at(600), soFar: '120 requests, 0 errors, p95 12 ms' },
    }),
    ['gray/observe watches gray until 07:54:00 UTC', 'so far: 120 requests, 0 errors, p95 12 ms'],
    [],
  ],
];

describe('what a run waits for', () => {
  for (const [name, read, sentences, commands] of STORIES) {
    it(`tells of ${name}`, () => expect(whyOf(read)).to.deep.equal({ waits: true, sentences, commands }));
  }

  it('is nothing while a step is at work', () => {
    const why = whyOf(facts({ running: { step: 'build-image', since: at(-12) } }));
    expect(why).to.deep.equal({
      waits: false,
      sentences: ['build-image is at work, for 12.0 s so far'],
      commands: [],
    });
  });

  it('is nothing once it has ended, and then it is told how', () => {
    const failed = whyOf(facts({ state: 'failed', reason: 'build-image: the build failed' }));
    expect(failed).to.deep.include({ waits: false, sentences: ['it failed: build-image: the build failed'] });
    const superseded = whyOf(facts({ state: 'superseded', reason: 'superseded by #9' }));
    expect(superseded.sentences).to.deep.equal(['it was superseded by #9']);
    expect(whyOf(facts({ state: 'succeeded' })).sentences).to.deep.equal(['it has ended: succeeded']);
  });
});
