import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { recipeHash } from '../../../runners/bases/recipe-hash';

describe('the hash of a recipe', () => {
  let folder: string;
  const inputs = (change: object = {}) => ({ folder, base: 'sha256:1', certificates: '', packages: [], ...change });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-recipe-'));
    await mkdir(join(folder, 'conf'));
    await writeFile(join(folder, 'Dockerfile'), 'FROM gantry/debian\n');
    await writeFile(join(folder, 'conf', 'server.xml'), '<Server/>');
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('is the same for the same recipe', async () => {
    expect(await recipeHash(inputs()))
      .to.equal(await recipeHash(inputs()))
      .and.match(/^[0-9a-f]{64}$/);
  });

  it('changes with a file in a folder of the recipe', async () => {
    const before = await recipeHash(inputs());
    await writeFile(join(folder, 'conf', 'server.xml'), '<Server port="-1"/>');
    expect(await recipeHash(inputs())).not.to.equal(before);
  });

  it('changes when a file becomes a program', async () => {
    const before = await recipeHash(inputs());
    await chmod(join(folder, 'Dockerfile'), 0o755);
    expect(await recipeHash(inputs())).not.to.equal(before);
  });

  for (const change of [{ base: 'sha256:2' }, { certificates: 'PEM' }, { packages: ['npm.tgz=npm@11.0.0'] }]) {
    it(`changes with the ${Object.keys(change).join()}`, async () => {
      expect(await recipeHash(inputs(change))).not.to.equal(await recipeHash(inputs()));
    });
  }

  it('does not depend on the order of packages', async () => {
    const [one, other] = ['a=1', 'b=2'];
    expect(await recipeHash(inputs({ packages: [one, other] }))).to.equal(
      await recipeHash(inputs({ packages: [other, one] })),
    );
  });
});
