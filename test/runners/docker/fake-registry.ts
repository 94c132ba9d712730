import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { tarOf } from './harness';

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

export interface FakeRegistry {
  /** `127.0.0.1:PORT/shop@sha256:…` of its one image; Docker speaks plain HTTP to that address. */
  ref: string;
  /** The image's ID: the digest of its configuration. */
  imageId: string;
  /** What each request authenticated with; empty for nothing. */
  asked: string[];
  close(): Promise<void>;
}

export interface RegistryOptions {
  /** `user:password` that it asks for. */
  wants?: string;
  /** Takes connections and never answers. */
  silent?: boolean;
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A registry that speaks just enough of the protocol (API version 2) for one pull by digest. */
export async function fakeRegistry(options: RegistryOptions = {}): Promise<FakeRegistry> {
  const layer = await buffer(tarOf({ 'hello.txt': `hello ${process.pid} ${Date.now()}` }));
  const packed = gzipSync(layer);
  const config = Buffer.from(
    JSON.stringify({
      ...{ architecture: process.arch === 'arm64' ? 'arm64' : 'amd64', os: 'linux', config: { Cmd: ['/hello.txt'] } },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    }),
  );
  const describe = (bytes: Buffer, type: string) => ({ mediaType: type, size: bytes.length, digest: digestOf(bytes) });
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: MANIFEST },
      config: describe(config, 'application/vnd.docker.container.image.v1+json'),
      layers: [describe(packed, 'application/vnd.docker.image.rootfs.diff.tar.gzip')],
    }),
  );
  const bodies = new Map([manifest, config, packed].map((bytes) => [digestOf(bytes), bytes]));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.authorization ?? '');
    if (options.silent !== true) answer(request, response, options, bodies);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ref: `127.0.0.1:${port}/shop@${digestOf(manifest)}`,
    imageId: digestOf(config),
    asked,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { wants }: RegistryOptions,
  bodies: ReadonlyMap<string, Buffer>,
): void {
  const known = wants === undefined ? undefined : `Basic ${Buffer.from(wants).toString('base64')}`;
  if (known !== undefined && request.headers.authorization !== known) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' });
    response.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }));
    return;
  }
  if (request.url === '/v2/') {
    response.end('{}');
    return;
  }
  const body = bodies.get(request.url?.split('/').at(-1) ?? '');
  if (body === undefined) {
    response
      .writeHead(404)
      .end(JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] }));
    return;
  }
  const type = request.url?.includes('/manifests/') ? MANIFEST : 'application/octet-stream';
  response.writeHead(200, { 'content-type': type, 'content-length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}
