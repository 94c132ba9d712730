/**
 * What `hooks` compares with: a Koa that reads the same webhook, checks the same signature, and answers. It parses and
 * stores nothing. `node bare-koa.js SECRET` tells its port to who forked it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import getRawBody from 'raw-body';

const secret = process.argv[2] ?? '';
const app = new Koa();
app.use(async (ctx) => {
  const body = await getRawBody(ctx.req, { limit: '1mb', length: ctx.get('content-length') });
  const wanted = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  const given = Buffer.from(ctx.get('x-hub-signature-256'));
  const signed = given.length === wanted.length && timingSafeEqual(given, wanted);
  ctx.status = signed ? 202 : 401;
  ctx.body = { delivery: ctx.get('x-github-delivery') };
});

const server = app.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
