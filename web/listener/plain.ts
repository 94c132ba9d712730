import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/**
 * What is answered to plain HTTP where HTTPS is spoken. Browsers and `git` are sent on. Whoever shows a token, or
 * changes something, is refused instead: following would hide that the token was readable on its way. Only our own
 * hook and the health check of a container, which speak to their own machine, are served.
 */
export function answerPlain(publicUrl: string | undefined, serve: RequestListener): RequestListener {
  return (request, response) => {
    if (isOwn(request)) return serve(request, response);
    const secure = publicUrl?.startsWith('https:') ? publicUrl : secureOrigin(request.headers.host);
    const reads = request.method === 'GET' || request.method === 'HEAD';
    const { authorization } = request.headers;
    if (reads && authorization === undefined && secure !== undefined && request.url?.startsWith('/')) {
      response.writeHead(308, { location: `${secure}${request.url}`, connection: 'close' }).end();
    } else refuse(request, response, secure);
  };
}

/** From this very machine, by the address that it called: nobody else sees what travels there. */
function isOwn({ socket, url = '' }: IncomingMessage): boolean {
  return (url.startsWith('/internal/') || url === '/readyz') && socket.remoteAddress === socket.localAddress;
}

/** `Host` is what the client says: only a plain host and port is used. */
const secureOrigin = (host: string | undefined): string | undefined =>
  host !== undefined && /^[\w.-]+(:\d{1,5})?$|^\[[0-9a-f:]+\](:\d{1,5})?$/i.test(host) ? `https://${host}` : undefined;

function refuse(request: IncomingMessage, response: ServerResponse, secure: string | undefined): void {
  const shown = request.headers.authorization !== undefined;
  const error = {
    code: 'https-only',
    message: `this Gantry speaks HTTPS only${shown ? ', and the token was just sent where others may read it' : ''}`,
    next: `call ${secure ?? 'https://…'}${shown ? ', and have the token replaced' : ''}`,
  };
  request.resume();
  response.writeHead(400, { 'content-type': 'application/json; charset=utf-8', connection: 'close' });
  response.end(`${JSON.stringify({ error })}\n`);
}
