import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server on this machine that can break. */
export interface CuttingProxy {
  port: number;
  /**
   * Breaks the connection at the next message that holds these words: before the server hears them, or after it has
   * answered, when the answer is lost.
   */
  cutAt(words: string, when: 'before' | 'after'): void;
  close(): Promise<void>;
}

export async function cuttingProxy(target: number): Promise<CuttingProxy> {
  let cut: { words: string; when: 'before' | 'after' } | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const behind = connect(target, '127.0.0.1');
    let answerIsLost = false;
    const end = () => {
      client.destroy();
      behind.destroy();
    };
    for (const socket of [client, behind]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (bytes) => {
      const isIt = cut !== undefined && bytes.includes(cut.words);
      if (isIt && cut?.when === 'before') {
        cut = undefined;
        end();
        return;
      }
      if (isIt) {
        cut = undefined;
        answerIsLost = true;
      }
      behind.write(bytes);
    });
    behind.on('data', (bytes) => {
      if (answerIsLost) end();
      else client.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    cutAt: (words, when) => {
      cut = { words, when };
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
