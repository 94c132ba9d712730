import { expect } from 'chai';
import fc from 'fast-check';
import type { AppId } from '../../../engine/model/ids';
import { ACTIONS, type Action, MAY, may, ROLES, type Role, rolesThatMay } from '../../../engine/users/actions';
import { type Bounds, decideRights, type Rights, UNBOUND } from '../../../engine/users/rights';
import { ALL_APPS, type GrantScope } from '../../../engine/users/scope';

const APPS = ['a', 'b', 'c'] as AppId[];
const actions = Object.keys(ACTIONS) as Action[];
type Grant = readonly [GrantScope, Role];

const grants = fc.array(
  fc.tuple(fc.constantFrom<GrantScope>(...APPS, ALL_APPS), fc.constantFrom(...ROLES)) as fc.Arbitrary<Grant>,
  { maxLength: 8 },
);
const bounds: fc.Arbitrary<Bounds> = fc.record({
  actions: fc.option(fc.subarray(actions)),
  app: fc.option(fc.constantFrom(...APPS)),
});

function rights(held: readonly Grant[], within: Bounds): Rights {
  const scopes = new Map<GrantScope, Set<Role>>();
  for (const [scope, role] of held) scopes.set(scope, (scopes.get(scope) ?? new Set()).add(role));
  return decideRights(scopes, within);
}

/** Everything that is allowed, as words: `push at a`, `see b`, `listed read c`. */
function allowed(of: Rights): Set<string> {
  const places = [null, ...APPS];
  return new Set([
    ...places.flatMap((app) => actions.filter((action) => of.may(action, app)).map((action) => `${action} at ${app}`)),
    ...APPS.filter((app) => of.sees(app)).map((app) => `see ${app}`),
    ...actions.flatMap((action) => (of.appsTo(action) ?? APPS).map((app) => `listed ${action} ${app}`)),
  ]);
}

describe('the rights of a person', () => {
  it('never grow by losing a role, or by being narrowed', () => {
    fc.assert(
      fc.property(grants, bounds, fc.nat(), (held, within, which) => {
        const before = allowed(rights(held, within));
        const fewer = held.filter((_grant, i) => i !== which % Math.max(1, held.length));
        const narrower: Bounds = {
          actions: (within.actions ?? actions).slice(1),
          app: within.app ?? APPS[which % APPS.length] ?? null,
        };
        for (const less of [rights(fewer, within), rights(held, narrower)]) {
          for (const thing of allowed(less)) if (!before.has(thing)) throw new Error(`${thing} was gained`);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('are what one of the roles there allows, and nothing else', () => {
    fc.assert(
      fc.property(grants, fc.constantFrom(...actions), fc.option(fc.constantFrom(...APPS)), (held, action, app) => {
        const there = held.filter(([scope]) => scope === ALL_APPS || scope === app).map(([, role]) => role);
        expect(rights(held, UNBOUND).may(action, app)).to.equal(there.some((role) => MAY[role].includes(action)));
      }),
    );
  });

  it('list an app exactly when they are allowed there', () => {
    fc.assert(
      fc.property(grants, bounds, fc.constantFrom(...actions), (held, within, action) => {
        const mine = rights(held, within);
        const listed = mine.appsTo(action);
        for (const app of APPS) expect(listed === null || listed.includes(app)).to.equal(mine.may(action, app));
      }),
    );
  });
});

describe('the roles', () => {
  it('keep duties apart: who changes code, who decides, who says who may what, who looks', () => {
    const together = (one: Action, other: Action) => ROLES.filter((role) => may([role], one) && may([role], other));
    expect(together('push', 'approve')).to.deep.equal([]);
    expect(together('people', 'approve')).to.deep.equal([]);
    expect(together('people', 'push')).to.deep.equal([]);
    expect(together('secret', 'push')).to.deep.equal([]);
    expect(MAY.auditor).to.have.members(['read', 'audit']);
    expect(MAY.viewer).to.deep.equal(['read']);
  });

  it('leave no right that nobody can have', () => {
    for (const action of actions) expect(rolesThatMay(action), action).to.not.have.length(0);
  });
});
