import type { OutgoingAnswer } from '../../outgoing/outgoing';
import type { Means } from './channel';
import { ANSWER_MAX_BYTES, DELIVERY_MS } from './limits';

/** Posts JSON, as every chat takes it. @throws GantryError of the guard */
export const postJson = (
  { outgoing }: Pick<Means, 'outgoing'>,
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<OutgoingAnswer> =>
  outgoing.fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    timeoutMs: DELIVERY_MS,
    maxBytes: ANSWER_MAX_BYTES,
  });
