import { expect } from 'chai';
import { type BaseRecipe, baseOfImage, planBases, RECIPES, USUAL_BASES } from '../../../runners/bases/recipes';

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

  it('holds beforehand the five bases that everybody needs, and no base that few need', () => {
    expect(USUAL_BASES).to.have.members(['debian', 'gateway', 'node', 'maven', 'tomcat']);
    const others = ['java', 'tomcat9', 'tomee', 'open-liberty', 'wildfly', 'go', 'python'];
    expect(RECIPES.filter(({ lazy }) => lazy).map(({ name }) => name)).to.have.members(others);
  });

  it('knows its bases by the names that apps use, and no other image', () => {
    const images = ['gantry/go', 'gantry/python:latest', 'gantry/go:1.22', 'golang', 'example.org/gantry/go'];
    expect(images.map(baseOfImage)).to.deep.equal(['go', 'python', undefined, undefined, undefined]);
  });

  it('refuses a name that it does not know and says which it knows', () => {
    expect(() => planBases(['jetty'])).to.throw('no base named "jetty". The bases are: debian, gateway');
  });

  it('refuses bases that are built on each other', () => {
    expect(() => planBases(['a'], [recipe('a', 'b'), recipe('b', 'a')])).to.throw('a → b → a');
  });
});
