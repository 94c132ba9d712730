/** The process of the slow readers: each follows the log over HTTP, is cut off now and then, and goes on where it was. */
import { setTimeout as pause } from 'node:timers/promises';
import type { FromReaders, Read, ReadPlan, ToReaders } from './messages';
import { LineCount } from './numbered-lines';

/** A reader's connection breaks after so many bytes. */
const CUT_BYTES = 200_000_000;
/** The answer to whoever takes too long to ask, as on a busy machine; asked again after a moment, so many times. */
const TIMED_OUT = 408;
const AGAIN_MS = 250;
const TRIES_MAX = 5;

let hurry = false;

async function start(plan: ReadPlan): Promise<void> {
  const all = await Promise.all(Array.from({ length: plan.readers }, () => follow(plan)));
  const read: Read = {
    seen: all.map(({ count }) => count.seen),
    lost: all.map(({ count }) => count.lost),
    resumed: all.reduce((sum, { resumed }) => sum + resumed, 0),
    timedOut: all.reduce((sum, { timedOut }) => sum + timedOut, 0),
  };
  tell({ type: 'read', read });
  process.disconnect?.();
}

interface Followed {
  count: LineCount;
  resumed: number;
  timedOut: number;
}

async function follow(plan: ReadPlan): Promise<Followed> {
  const followed: Followed = { count: new LineCount(), resumed: 0, timedOut: 0 };
  for (let at = 0; ; followed.resumed++) {
    const { bytes, ended } = await readOn(plan, at, followed);
    at += bytes;
    if (ended) return followed;
  }
}

/** One connection, to its end or until it is cut. */
async function readOn(plan: ReadPlan, offset: number, followed: Followed): Promise<{ bytes: number; ended: boolean }> {
  const cut = new AbortController();
  const ask = (): Promise<Response> =>
    fetch(`${plan.url}?follow=1&offset=${offset}`, {
      headers: { authorization: `Bearer ${plan.token}` },
      signal: cut.signal,
    });
  let response = await ask();
  for (let tries = 1; response.status === TIMED_OUT && tries < TRIES_MAX; tries++) {
    followed.timedOut += 1;
    await response.body?.cancel();
    await pause(AGAIN_MS);
    response = await ask();
  }
  if (!response.ok || response.body === null) throw new Error(`the log was answered with ${response.status}`);
  const began = performance.now();
  let bytes = 0;
  for await (const chunk of response.body) {
    const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    followed.count.read(piece);
    bytes += piece.length;
    if (bytes > CUT_BYTES) break;
    const due = (bytes / plan.slowBytesPerSecond) * 1_000 - (performance.now() - began);
    if (!hurry && due > 10) await pause(due);
  }
  const ended = bytes <= CUT_BYTES;
  cut.abort();
  return { bytes, ended };
}

const tell = (message: FromReaders): void => void process.send?.(message);

process.on('message', (message: ToReaders) => {
  if (message.type === 'hurry') hurry = true;
  else void start(message.plan);
});
process.once('disconnect', () => process.exit(0));
tell({ type: 'ready' });
