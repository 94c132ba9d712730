import { Readable } from 'node:stream';
import { expect } from 'chai';
import { StepFailure } from '../../engine/model/errors';
import type { Builder, CommandRequest, ImageRequest } from '../../engine/ports/builder';
import type { Bytes } from '../../engine/ports/bytes';
import { failureOf } from './cluster-contract';
import { buildCall, effect, tarOf } from './docker/harness';

export interface BuilderPlace {
  builder: Builder;
  bytes: Bytes;
}

const MIB = 1024 * 1024;

/** Does what the variables of docs/dummy.md say, so that a real build and a played one tell the same story. */
const DOCKERFILE = `FROM gantry/debian
ARG DUMMY_EXIT=0
ARG DUMMY_LOG
ARG DUMMY_SLEEP_MS=0
COPY a.txt /a.txt
RUN printf '%b\\n' "$DUMMY_LOG"; sleep $((DUMMY_SLEEP_MS / 1000)); exit $DUMMY_EXIT
`;
const COMMAND = `printf '%b\\n' "$DUMMY_LOG"; sleep $((\${DUMMY_SLEEP_MS:-0} / 1000))
[ -z "$DUMMY_OOM" ] || exec tail /dev/zero
mkdir target && cp a.txt target/shop-1.0.war && exit \${DUMMY_EXIT:-0}`;

/** The story that every builder must tell. */
export function builderContract(place: () => BuilderPlace): void {
  const build = (content: string, changes: Partial<ImageRequest> = {}) =>
    place().builder.buildImage({
      ...buildCall(),
      ...{ context: tarOf({ Dockerfile: DOCKERFILE, 'a.txt': content }), dockerfile: 'Dockerfile', target: null },
      ...{ args: {}, app: 'shop', ...changes },
    });

  const run = (changes: Partial<CommandRequest> = {}) =>
    place().builder.runCommand({
      ...buildCall(),
      ...{ image: 'gantry/debian', command: COMMAND, env: {}, sources: tarOf({ 'a.txt': 'war' }) },
      ...{ cache: { key: 'shop', paths: [] }, memory: 64 * MIB, timeoutMs: 20_000, ...changes },
    });

  it('builds the same content to the same image, and other content to another', async () => {
    const first = await build('one');
    expect(first.imageId).to.match(/^sha256:[0-9a-f]{64}$/);
    expect(first.size).to.be.above(0);
    expect((await build('one')).imageId).to.equal(first.imageId);
    expect((await build('two')).imageId).to.not.equal(first.imageId);
  });

  it('finds an image again by the effect that built it, until that is taken back', async () => {
    const { builder } = place();
    const key = effect();
    const { imageId } = await build('one', buildCall({ effect: key }));
    expect((await builder.findImage(key))?.imageId).to.equal(imageId);
    expect(await builder.findImage(effect())).to.equal(undefined);
    await builder.untag(imageId);
    await builder.untag(imageId);
    expect(await builder.findImage(key)).to.equal(undefined);
    expect(await builder.resolveImage(imageId), 'its bytes stay').to.equal(imageId);
  });

  it('passes on what a build prints, and says that a failed one is the fault of its author', async () => {
    const call = buildCall();
    const args = { DUMMY_LOG: 'compiling\\nno such symbol', DUMMY_EXIT: '7' };
    const error = await failureOf(build('three', { ...call, args }));
    expect(error).to.be.instanceOf(StepFailure).and.include({ fault: 'user' });
    expect(error.message).to.include('exit code 7');
    expect(call.lines).to.include.members(['compiling', 'no such symbol']);
  });

  it('breaks a build off', async () => {
    const stop = new AbortController();
    const key = effect();
    const call = { ...buildCall({ effect: key }, stop.signal), onLine: () => stop.abort(new Error('cancelled')) };
    const error = await failureOf(build(`four ${key}`, { ...call, args: { DUMMY_SLEEP_MS: '60000' } }));
    expect(error.message).to.equal('cancelled');
    expect(await place().builder.findImage(key)).to.equal(undefined);
  });

  it('puts files on a base, the same files as the same image', async () => {
    const { builder, bytes } = place();
    const { digest } = await bytes.put(Readable.from(['a web application']), MIB);
    const key = effect();
    const base = await builder.resolveImage('gantry/debian');
    const request = { base, files: [{ to: '/srv/app.war', digest, mode: 0o644 }], app: 'shop' };
    const first = await builder.layerImage({ ...buildCall({ effect: key }), ...request });
    expect(first.baseId).to.equal(base);
    const second = await builder.layerImage({ ...buildCall({ effect: effect() }), ...request });
    expect(second.imageId).to.equal(first.imageId);
    expect((await builder.findImage(key))?.imageId).to.equal(first.imageId);
  });

  it('refuses a base that is a name, since a name may move', async () => {
    const error = await failureOf(
      place().builder.layerImage({ ...buildCall(), base: 'gantry/debian', files: [], app: 'shop' }),
    );
    expect(error).to.include({ fault: 'gantry' });
  });

  it('runs a command and passes its output on', async () => {
    const call = buildCall();
    const end = await run({
      ...call,
      env: { DUMMY_LOG: 'tests run: 3\\nfailures: 1', DUMMY_EXIT: '4' },
      take: '*.war',
    });
    expect(end).to.deep.equal({ exitCode: 4, outOfMemory: false, timedOut: false, taken: null });
    expect(call.lines).to.include.members(['tests run: 3', 'failures: 1']);
  });

  it('takes the file that a command leaves', async () => {
    const { taken } = await run({ take: 'target/*.war' });
    expect(taken?.name).to.match(/\.war$/);
    expect(await place().bytes.has(taken?.digest ?? '')).to.equal(true);
    expect((await run({ take: 'target/*.war' })).taken?.digest, 'the same again').to.equal(taken?.digest);
  });

  it('kills a command whose time is over', async () => {
    const began = Date.now();
    const end = await run({ env: { DUMMY_SLEEP_MS: '60000' }, timeoutMs: 1_000 });
    expect(end).to.include({ timedOut: true, exitCode: 137 });
    expect(Date.now() - began).to.be.below(8_000);
  });

  it('tells of a command that ran out of memory [F25]', async () => {
    const end = await run({ env: { DUMMY_OOM: '1' } });
    expect(end).to.include({ outOfMemory: true, exitCode: 137 });
  });

  it('breaks a command off', async () => {
    const stop = new AbortController();
    const call = { ...buildCall({}, stop.signal), onLine: () => stop.abort(new Error('cancelled')) };
    const error = await failureOf(run({ ...call, env: { DUMMY_SLEEP_MS: '60000', DUMMY_LOG: 'begun' } }));
    expect(error.message).to.equal('cancelled');
  });

  it('names an image that is not there, and says what to use', async () => {
    const error = (await failureOf(run({ image: 'nowhere/nothing:1' }))) as StepFailure;
    expect(error).to.include({ fault: 'user' });
    expect(error.message).to.include('nowhere/nothing:1');
    expect(error.next).to.include('gantry/');
  });
}
