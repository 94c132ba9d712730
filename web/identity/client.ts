import type { SessionWanted } from '../../engine/signin/session';
import type { Context } from '../route';

/** What asks, as people know it again: what it calls itself, and where it asks from. */
export const clientOf = (ctx: Context): Pick<SessionWanted, 'agent' | 'address'> => ({
  agent: ctx.get('User-Agent').replace(/[^\x20-\x7e]/g, ''),
  address: ctx.ip.replace(/^::ffff:(?=\d+\.)/, ''),
});
