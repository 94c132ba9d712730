import { expect } from 'chai';
import { DummyBuilder } from '../../../runners/dummy/builder';
import { checkArchive } from '../../../runners/workspace/zip';
import { type BuilderPlace, builderContract } from '../builder-contract';
import { buildCall, scratchBytes } from '../docker/harness';

describe('the dummy builder', () => {
  let place: BuilderPlace;
  let remove: () => Promise<void>;

  before(async () => {
    const scratch = await scratchBytes();
    remove = scratch.remove;
    place = { bytes: scratch.bytes, builder: new DummyBuilder({ bytes: scratch.bytes }) };
  });

  after(() => remove());

  builderContract(() => place);

  for (const kind of ['war', 'ear'] as const) {
    it(`takes a made-up ${kind} that passes for a real one`, async () => {
      const command = { image: 'gantry/maven', command: 'mvn package', env: {}, memory: 1, timeoutMs: 1_000 };
      const cache = { key: 'shop', paths: [] };
      const { taken } = await place.builder.runCommand({ ...buildCall(), ...command, cache, take: `target/*.${kind}` });
      expect(taken?.name).to.equal(`dummy.${kind}`);
      await checkArchive(await place.bytes.file(taken?.digest ?? ''), kind);
    });
  }
});
