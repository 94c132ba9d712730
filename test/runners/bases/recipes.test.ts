import { expect } from 'chai';
import { type BaseRecipe, planBases, RECIPES } from '../../../runners/bases/recipes';

function recipe(name: string, from: string | null): BaseRecipe {
  return { name, from, purpose: '' };
}

describe('the plan of base images', () => {
  it('puts a base before those that are built on it', () => {
    expect(planBases(['tomcat']).map((each) => each.name)).to.deep.equal(['debian', 'tomcat']);
  });

  it('names each base once', () => {
    const names = planBases(['maven', 'debian', 'tomcat', 'maven']).map((each) => each.name);
    expect(names).to.deep.equal(['debian', 'maven', 'tomcat']);
  });

  it('holds the five bases that the house needs', () => {
    expect(RECIPES.map((each) => each.name)).to.have.members(['debian', 'gateway', 'node', 'maven', 'tomcat']);
  });

  it('refuses a name that it does not know and says which it knows', () => {
    expect(() => planBases(['jetty'])).to.throw('no base named "jetty". The bases are: debian, gateway');
  });

  it('refuses bases that are built on each other', () => {
    expect(() => planBases(['a'], [recipe('a', 'b'), recipe('b', 'a')])).to.throw('a → b → a');
  });
});
