import { createHmac } from 'node:crypto';
import examples from '@octokit/webhooks-examples';

/** A push, as a forge tells it. */
export interface Told {
  /** Names the delivery; the same for a redelivery. */
  delivery: string;
  app: string;
  branch: string;
  commit: string;
}

const pushes = examples.flatMap(({ name, examples: bodies }) => (name === 'push' ? bodies : []));

/**
 * The whole request of a push webhook as GitHub sends it: one of its own example bodies (6 to 8 KB each) with this
 * branch and commit, signed over the bytes.
 */
export function pushRequest(told: Told, at: number, secret: string): Buffer {
  const example = pushes[at % pushes.length];
  if (example === undefined) throw new Error('@octokit/webhooks-examples has no push');
  const ref = `refs/heads/${told.branch}`;
  const body = Buffer.from(JSON.stringify({ ...example, ref, after: told.commit }));
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const head = [
    `POST /hooks/${told.app}/github HTTP/1.1`,
    'Host: 127.0.0.1',
    'User-Agent: GitHub-Hookshot/bench',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'X-GitHub-Event: push',
    `X-GitHub-Delivery: ${told.delivery}`,
    `X-Hub-Signature-256: sha256=${signature}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}
