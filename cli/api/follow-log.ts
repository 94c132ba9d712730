import type { IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type Client, path } from './client';
import { isLost, RETRY_MS } from './follow';
import { isFinalStep } from './types';

/** A stream that ended while its step goes on is asked for again after this, ms. */
const AGAIN_MS = 50;

/**
 * The log of a step from its beginning until the step has ended. Survives a restart of Gantry: it goes on at the byte
 * after the last one it saw, so nothing is lost and nothing comes twice.
 */
export async function* followLog(
  client: Client,
  step: { app: string; run: number; name: string },
): AsyncGenerator<Buffer> {
  let offset = 0;
  for (let misses = 0; ; ) {
    try {
      const log = path`/apps/${step.app}/runs/${step.run}/steps/${step.name}/log?follow=1&offset=${offset}`;
      const stream = await client.stream(log, { headers: { accept: 'text/plain' } });
      misses = 0;
      for await (const piece of stream as AsyncIterable<Buffer>) {
        offset += piece.length;
        yield piece;
      }
      if (isWhole(stream, offset)) return;
      await wait(AGAIN_MS);
    } catch (error) {
      if (!isLost(error) || misses >= RETRY_MS.length) throw error;
      await wait(RETRY_MS[misses++]);
    }
  }
}

/** Whether the step had ended when it was asked for, and all of its log was read. */
const isWhole = ({ headers }: IncomingMessage, offset: number): boolean =>
  isFinalStep({ state: String(headers['x-step-state']) }) && offset >= Number(headers['x-log-size']);
