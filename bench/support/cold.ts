import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import { bareMapWrite } from './gateway-floor';
import type { House } from './house';
import { Connection, monotonicNow } from './load/connection';
import { RELEASE_HEADER } from './load/page';

const LIMIT_MS = 60_000;
/** Images are taken when runs have been calm for a while, one after the other, and beside a load. */
const KEPT_LIMIT_MS = 240_000;
const POLL_MS = 5;

export interface Cold {
  /** From sending the call to the first byte of the first answer of the release that was gone back to, ms. */
  met: number;
  /** To the end of the run: until what was warm before is gone, too. */
  ended: number;
}

/**
 * Goes back to a release whose instances are gone, and looks through the gateway until it answers.
 * @throws Error when its instances were not gone, or when it does not come
 */
export async function rollBackCold(house: House, app: string, host: string, to: number): Promise<Cold> {
  const began = monotonicNow();
  const met = untilMet(house, host, `${app}-${to}`, began);
  const started = await house.call<{ run: number; kind: string }>('POST', `/apps/${app}/rollback`, { to });
  if (started.kind !== 'cold') throw new Error(`the way back to release ${to} was ${started.kind}`);
  const answered = await met;
  await house.untilSucceeded(app, started.run, { everyMs: 50, limitMs: LIMIT_MS });
  return { met: answered, ended: monotonicNow() - began };
}

/** Asks once a few milliseconds on one connection that is kept. @returns ms since `began` */
async function untilMet(house: House, host: string, release: string, began: number): Promise<number> {
  const connection = new Connection(house.gateway, true);
  try {
    for (let request = 1; monotonicNow() - began < LIMIT_MS; request += 1) {
      const asked = await connection.ask(`/page?request=${request}`, host);
      if (asked.ok && asked.answer.headers.get(RELEASE_HEADER) === release) return asked.firstByteAt - began;
      await pause(POLL_MS);
    }
  } finally {
    connection.close();
  }
  throw new Error(`${release} did not answer within ${LIMIT_MS / 1000} s`);
}

/** Limits as every instance of Gantry has them, with the memory and processors that the app's pipeline says. */
const LIMITS = {
  ...{ Memory: 128 * 1024 * 1024, MemorySwap: 128 * 1024 * 1024, NanoCpus: 1e9, PidsLimit: 512, Init: true },
  ...{ CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'] },
  LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
};

/**
 * The least that a cold way back can take: the bare Docker calls for the same container (image, network and limits:
 * create, start, first answer), then one map write at the same gateway, by nobody's engine.
 */
export async function bareStart(docker: Docker, house: House, network: string, image: string): Promise<number> {
  const began = performance.now();
  const container = await docker.createContainer({
    Image: image,
    Env: ['PORT=8080', 'GANTRY_RELEASE=floor'],
    Labels: { 'gantry.bench': 'undo' },
    HostConfig: { ...LIMITS, NetworkMode: network },
  });
  try {
    await container.start();
    const { NetworkSettings } = await container.inspect();
    await firstAnswer(NetworkSettings.Networks[network]?.IPAddress ?? '');
    const started = performance.now() - began;
    return started + (await bareMapWrite(house.home, String(Math.round(started))));
  } finally {
    await container.remove({ force: true });
  }
}

async function firstAnswer(address: string): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (Date.now() < deadline) {
    const answered = await fetch(`http://${address}:8080/health`, { signal: AbortSignal.timeout(1_000) }).then(
      async (response) => response.text().then(() => response.ok),
      () => false, // it does not listen yet
    );
    if (answered) return;
    await pause(POLL_MS);
  }
  throw new Error(`a bare container did not answer within ${LIMIT_MS / 1000} s`);
}

/** Takes the image of a release away from Docker, once its bytes are kept. */
export async function loseImage(docker: Docker, house: House, app: string, number: number): Promise<void> {
  const { record } = await untilKept(house, app, number);
  await docker.getImage(record.image.id).remove({ force: true });
}

/** Waits until the image of a release is kept: Docker sends it in the background, which takes its share of the machine. */
export async function untilKept(house: House, app: string, number: number): Promise<ReleaseShown> {
  const deadline = Date.now() + KEPT_LIMIT_MS;
  for (;;) {
    const release = await house.call<ReleaseShown>('GET', `/apps/${app}/releases/${number}`);
    if (release.image.state === 'kept') return release;
    if (Date.now() > deadline) throw new Error(`release ${number} is ${release.image.state}: ${release.image.reason}`);
    await pause(200);
  }
}

interface ReleaseShown {
  image: { state: string; reason: string };
  record: { image: { id: string } };
}
