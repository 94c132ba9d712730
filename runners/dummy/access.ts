import { PassThrough, Readable } from 'node:stream';
import {
  type InstanceAccess,
  type InstanceCommand,
  instanceEnded,
  instanceGone,
} from '../../engine/ports/instance-access';
import type { DummyCluster } from './cluster';

/**
 * A look into instances that nothing runs in: their output is what their script says, and a command is played:
 * `echo WORDS` says the words, `exit N` ends with N, anything else repeats its input until that ends.
 */
export function dummyAccess(cluster: DummyCluster): InstanceAccess {
  return {
    output: async (name, { tail }) => {
      await demand(cluster, name);
      const lines = await cluster.lastLines(name, tail);
      return Readable.from(lines.map((line) => Buffer.from(`${line}\n`)));
    },
    start: async (name, { command }) => {
      const instance = await demand(cluster, name);
      if (!instance.running) throw instanceEnded(name, instance.exitCode);
      return play(command);
    },
    sweep: async () => undefined,
  };
}

function play([program = '', ...words]: string[]): InstanceCommand {
  const input = new PassThrough();
  if (program === 'echo') input.end(`${words.join(' ')}\n`);
  if (program === 'exit') input.end();
  return {
    input,
    output: said(input),
    resize: async () => undefined,
    exitCode: async () => (program === 'exit' ? Number(words[0] ?? 0) : 0),
    drop: () => void input.end(),
  };
}

async function* said(input: PassThrough): AsyncGenerator<{ type: 'output'; bytes: Buffer }> {
  for await (const bytes of input as AsyncIterable<Buffer>) yield { type: 'output', bytes };
}

async function demand(cluster: DummyCluster, name: string) {
  const instance = await cluster.findInstance(name);
  if (instance !== undefined) return instance;
  throw instanceGone(name);
}
