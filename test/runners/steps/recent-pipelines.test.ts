import { expect } from 'chai';
import { parseOnce } from '../../../runners/steps/recent-pipelines';

const FILE = { file: 'gantry.yml' };
const pipeline = (app: string) =>
  `app: ${app}\nserve: { image: { dockerfile: Dockerfile }, port: 8080, health: { path: /health } }\nstages: { production: {} }\n`;

describe('pipelines that were parsed lately', () => {
  it('are not parsed again, and nobody can change them for the runs to come', () => {
    const first = parseOnce(pipeline('shop'), FILE);
    if (!first.ok) throw new Error(first.problems[0]?.message);
    expect(parseOnce(pipeline('shop'), FILE)).to.equal(first);
    const { spec } = first;
    expect(() => {
      (spec.serve as { port: number }).port = 1;
    }).to.throw(TypeError);
  });

  it('are told apart by their text and by the file that problems name', () => {
    const parsed = parseOnce(pipeline('shop'), FILE);
    const other = parseOnce(pipeline('cart'), FILE);
    expect(other.ok && other.spec.app).to.equal('cart');
    expect(parseOnce(pipeline('shop'), { file: 'cart/gantry.yml' })).not.to.equal(parsed);
  });

  it('are refused each time with what is wrong about them', () => {
    const refused = parseOnce('app: [', FILE);
    expect(refused.ok).to.equal(false);
    expect(parseOnce('app: [', FILE)).to.deep.equal(refused);
  });
});
