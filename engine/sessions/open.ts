import { sql } from 'kysely';
import { findApp } from '../apps/find';
import { recordAudit } from '../audit/record';
import { showEnvironments } from '../environments/show';
import { GantryError } from '../model/errors';
import { newId, type SessionId } from '../model/ids';
import { SESSION_TAKE_MS, SESSIONS_PER_APP } from '../model/session-limits';
import type { Actor, EngineParts } from '../parts';
import type { Channel } from '../ports/exchange';
import type { CommandRequest, OutputRequest } from '../ports/instance-access';
import { databaseNow, type Tx } from '../store/store';
import type { Tables } from '../store/tables';
import { candidatesOf } from './candidates';
import { type Candidate, chooseInstance, type Named } from './choose';

export type SessionWanted = Named &
  (
    | { kind: 'logs'; request: OutputRequest }
    | {
        kind: 'shell';
        request: CommandRequest;
        /** Said by the person: this is production. */
        production: boolean;
      }
  );

export interface SessionOpened {
  id: SessionId;
  channel: Channel;
  instance: Candidate;
  /** Its number among those of its place, and how many there are. */
  number: number;
  of: number;
}

/**
 * Records that a person looks into an instance, and joins the exchange; a runner that reaches its cluster takes it.
 * @throws GantryError `app-unknown`, `nothing-stands`, `place-empty`, `instance-unknown`, `production-not-said`,
 *   `sessions-full`, `exchange-down`.
 */
export async function openSession(parts: EngineParts, wanted: SessionWanted, actor: Actor): Promise<SessionOpened> {
  const app = await findApp(parts, wanted.app);
  const { chosen, number, of } = chooseInstance(candidatesOf(await showEnvironments(parts, app.id)), wanted);
  if (wanted.kind === 'shell' && chosen.production && !wanted.production) throw notSaid(chosen, app.name);
  const id = newId<SessionId>(parts.clock, parts.random);
  // Joined before anybody knows of it, so that the first word of the runner is heard.
  const channel = await parts.exchange.join(id, 'person');
  try {
    await parts.store.write((tx) => record(parts, tx, app, { id, chosen, wanted, actor }));
  } catch (error) {
    await channel.close();
    throw error;
  }
  await parts.exchange.ring();
  return { id, channel, instance: chosen, number, of };
}

async function record(
  parts: EngineParts,
  tx: Tx,
  app: Tables['apps'],
  { id, chosen, wanted, actor }: { id: SessionId; chosen: Candidate; wanted: SessionWanted; actor: Actor },
): Promise<void> {
  const { n } = await tx
    .selectFrom('instance_sessions')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('app_id', '=', app.id)
    .where('state', '!=', sql.lit('ended' as const))
    .executeTakeFirstOrThrow();
  if (Number(n) >= SESSIONS_PER_APP) throw full(app.name);
  const instance = await tx
    .selectFrom('instances')
    .select(['id', 'cluster'])
    .where('name', '=', chosen.name)
    .executeTakeFirstOrThrow();
  await tx
    .insertInto('instance_sessions')
    .values({
      id,
      app_id: app.id,
      instance_id: instance.id,
      kind: wanted.kind,
      actor,
      cluster: instance.cluster,
      request: JSON.stringify(wanted.request),
      state: 'asked',
      owner: null,
      deadline: sql<number>`${databaseNow} + ${SESSION_TAKE_MS}`,
      exit_code: null,
      reason: '',
      created_at: parts.clock.now(),
      opened_at: null,
      ended_at: null,
    })
    .execute();
  await recordAudit(parts, tx, {
    chain: app.name,
    actor,
    action: `instance.${wanted.kind}`,
    object: `${app.name}/${chosen.place}/${chosen.name}`,
    detail: { session: id, ...(wanted.kind === 'shell' ? { command: wanted.request.command } : {}) },
  });
}

function notSaid({ name, place }: Candidate, app: string): GantryError {
  const who = place === 'gray' ? "gray meets production's visitors" : 'it meets real visitors';
  return new GantryError(
    'forbidden',
    'production-not-said',
    `${name} stands in ${place}: ${who}, and what is done in it is in no release and cannot be taken back`,
    `say that you mean it: --production; or look elsewhere: gantry instance list ${app}`,
  );
}

const full = (app: string): GantryError =>
  new GantryError(
    'conflict',
    'sessions-full',
    `${SESSIONS_PER_APP} people or programs look into instances of ${app} already`,
    'end one of them, then try again',
  );
