import type { House } from './house';

export interface Browser {
  /** The answer to the login form. */
  answer: Response;
  get(path: string): Promise<Response>;
  page(path: string): Promise<string>;
  /** A form of a page of ours, with the form token unless `fields` has another. */
  post(path: string, fields: Record<string, string>): Promise<Response>;
  /** A request with the cookie and exactly these headers. */
  send(path: string, init: RequestInit): Promise<Response>;
  formToken(): Promise<string>;
}

/** Signs in by the login form, as a browser does. */
export async function signIn(house: House, next = '/', token = house.token): Promise<Browser> {
  const urlencoded = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
  const answer = await house.ask('/login', {
    as: 'nobody',
    method: 'POST',
    headers: urlencoded,
    body: new URLSearchParams({ token, next }).toString(),
  });
  const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const send: Browser['send'] = (path, init) =>
    house.ask(path, { ...init, as: 'nobody', headers: { ...(init.headers as Record<string, string>), cookie } });
  const page = async (path: string) => (await send(path, { headers: { accept: 'text/html' } })).text();
  const formToken = async () => /name="form" value="([^"]+)"/.exec(await page('/'))?.[1] ?? '';
  return {
    answer,
    send,
    page,
    formToken,
    get: (path) => send(path, {}),
    post: async (path, fields) =>
      send(path, {
        method: 'POST',
        headers: urlencoded,
        body: new URLSearchParams({ form: await formToken(), ...fields }).toString(),
      }),
  };
}
