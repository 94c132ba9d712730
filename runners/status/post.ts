import { markOf } from '../../engine/forges/post';
import type { PostTaken } from '../../engine/forges/take-post';
import type { Outcome } from '../../engine/outbox/line';
import type { Outgoing, OutgoingAnswer } from '../../outgoing/outgoing';
import { jsonIn } from '../notify/json';
import { outcomeOf } from './answer';
import type { ApiCall, Forge, Repository, RequestComments } from './forge';
import { forges } from './forges';
import { idOf } from './read';
import { repositoryOf } from './repository';

export interface Means {
  outgoing: Outgoing;
  /** ms UTC */
  now(): number;
}

const CALL_MS = 10_000;
/** A page of a hundred comments. */
const ANSWER_MAX_BYTES = 8 * 1024 * 1024;

/** Shows one thing at its forge. @throws GantryError of the guard */
export async function post(taken: PostTaken, token: string, means: Means): Promise<Outcome> {
  const repository = repositoryOf(taken.url);
  if (repository === undefined) return { kind: 'refused', reason: 'the address of the source has no API behind it' };
  const forge = forges[taken.forge];
  const api = new Api(forge, repository, token, means);
  const { body } = taken;
  if (body.kind === 'status') return setStatus(api, taken, body);
  return forge.comments === undefined ? { kind: 'sent' } : writeComment(api, forge.comments, taken, body.text);
}

/** One repository's API, with its token. */
class Api {
  readonly host: string;
  constructor(
    readonly forge: Forge,
    readonly repository: Repository,
    private readonly token: string,
    readonly means: Means,
  ) {
    this.host = new URL(repository.origin).hostname;
  }

  call({ method, url, body }: ApiCall): Promise<OutgoingAnswer> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = {
      accept: 'application/json',
      'content-type': 'application/json',
      ...this.forge.headers(this.token),
    };
    return this.means.outgoing.fetch(url, {
      method,
      headers,
      ...sent,
      timeoutMs: CALL_MS,
      maxBytes: ANSWER_MAX_BYTES,
    });
  }

  outcome(answer: OutgoingAnswer): Outcome {
    return outcomeOf(this.host, answer, this.means.now());
  }
}

async function setStatus(
  api: Api,
  { target, context, remoteId }: PostTaken,
  body: Extract<PostTaken['body'], { kind: 'status' }>,
): Promise<Outcome> {
  const { state, sentence, link } = body;
  const { forge, repository } = api;
  const wanted = { commit: target, context, state, sentence, link };
  const answer = await api.call(forge.status(repository, wanted, remoteId));
  if (forge.isSo?.(answer.status, answer.body.toString('utf8')) === true) return { kind: 'sent' };
  const outcome = api.outcome(answer);
  if (outcome.kind !== 'sent' || forge.statusId === undefined) return outcome;
  return sentAs(forge.statusId(jsonIn(answer.body)));
}

/** One comment for a request, which is kept true: one that was made before a crash is found by its mark. */
async function writeComment(
  api: Api,
  comments: RequestComments,
  { target, context, remoteId }: PostTaken,
  text: string,
): Promise<Outcome> {
  const { repository } = api;
  const listed = remoteId === null ? await api.call(comments.list(repository, target)) : undefined;
  const listing = listed === undefined ? undefined : api.outcome(listed);
  if (listing !== undefined && listing.kind !== 'sent') return listing;
  const mark = markOf(context);
  const found = listed && comments.read(jsonIn(listed.body)).find((comment) => comment.text.startsWith(mark));
  const known = remoteId ?? found?.id ?? null;
  const answer = await api.call(comments.write(repository, target, text, known));
  // Somebody has removed it, and is not contradicted.
  if (answer.status === 404 && known !== null) return { kind: 'sent' };
  const outcome = api.outcome(answer);
  return outcome.kind === 'sent' ? sentAs(known ?? idOf(jsonIn(answer.body))) : outcome;
}

const sentAs = (id: string | undefined): Outcome => ({ kind: 'sent', ...(id === undefined ? {} : { id }) });
