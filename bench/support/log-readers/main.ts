/** The process of the slow readers: each follows the log over HTTP, is cut off now and then, and goes on where it was. */
import { setTimeout as pause } from 'node:timers/promises';
import type { FromReaders, Read, ReadPlan, ToReaders } from './messages';
import { LineCount } from './numbered-lines';

/** A reader's connection breaks after so many bytes. */
const CUT_BYTES = 200_000_000;

let hurry = false;

async function start(plan: ReadPlan): Promise<void> {
  const all = await Promise.all(Array.from({ length: plan.readers }, () => follow(plan)));
  const read: Read = {
    seen: all.map(({ count }) => count.seen),
    lost: all.map(({ count }) => count.lost),
    resumed: all.reduce((sum, { resumed }) => sum + resumed, 0),
  };
  tell({ type: 'read', read });
  process.disconnect?.();
}

async function follow(plan: ReadPlan): Promise<{ count: LineCount; resumed: number }> {
  const count = new LineCount();
  let at = 0;
  for (let resumed = 0; ; resumed++) {
    const { bytes, ended } = await readOn(plan, at, count);
    at += bytes;
    if (ended) return { count, resumed };
  }
}

/** One connection, to its end or until it is cut. */
async function readOn(plan: ReadPlan, offset: number, count: LineCount): Promise<{ bytes: number; ended: boolean }> {
  const cut = new AbortController();
  const response = await fetch(`${plan.url}?follow=1&offset=${offset}`, {
    headers: { authorization: `Bearer ${plan.token}` },
    signal: cut.signal,
  });
  if (!response.ok || response.body === null) throw new Error(`the log was answered with ${response.status}`);
  const began = performance.now();
  let bytes = 0;
  for await (const chunk of response.body) {
    const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    count.read(piece);
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
