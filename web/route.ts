import type { RouterContext } from '@koa/router';
import type { z } from 'zod';
import type { ErrorKind } from '../engine/model/errors';
import type { Principal } from '../engine/signin/principal';
import type { Action } from '../engine/users/actions';
import type { Rights } from '../engine/users/rights';
import type { User } from '../engine/users/token';
import type { WebParts } from './parts';

/** How it is known who asks. There is no default: a route without a permission does not compile. */
export type Permission =
  /** Anybody: health, static files, the login page. */
  | 'public'
  /** A token; for reads also a browser's session. Refused with 401. */
  | 'user'
  /** A browser's session; forms are checked against forgery. Refused by a redirect to the login page. */
  | 'page'
  /** A token as the password of HTTP Basic. Refused with the challenge that `git` waits for. */
  | 'git'
  /** A hook that this very process has started. */
  | 'hook'
  /** A forge: the route itself checks the signature over the bytes of the body. Refused with 401. */
  | 'signature';

/** What whoever asks must be allowed: at the app that the path names, else for all apps. */
export type Demand =
  | Action
  /** Nothing but to be somebody: it shows what is one's own, or what is no secret. */
  | 'signed-in'
  /** It lists things of many apps, and itself leaves out those of apps that one may not read. */
  | 'filtered';

/** Who may ask. Whatever is not open to anybody names what one must be allowed, or does not compile. */
export type Access =
  | { permission: 'public' | 'hook' | 'signature'; may?: never; app?: never }
  | {
      permission: 'user' | 'page' | 'git';
      may: Demand;
      /** The app is named by the parameter `app` of the query, or not at all, instead of by the path. */
      app?: 'query';
    };

export interface State {
  user?: User;
  /** The same user, and how they have proved who they are. */
  principal?: Principal;
  /** Who it is now, for what stays open; undefined when they have been shut out. */
  again?: () => Promise<Principal | undefined>;
  rights?: Rights;
  /** What they may at the app that the address names; undefined when it names none. */
  mayHere?: (action: Action) => boolean;
  /** Value of the session cookie, when that is how the user was known. */
  session?: string;
  /** Fields of a form that passed the forgery check. */
  form?: URLSearchParams;
}

export type Context = RouterContext<State>;

/** What an answer holds: JSON of this shape, or a body of another type. */
export type AnswerShape = z.ZodType | { type: string; description: string };

/** What OpenAPI tells of a route of the API. `endpoint` reads the input by the very same schemas. */
export interface ApiDescription {
  /** One line, a sentence without its subject: `lists the runs of an app`. */
  summary: string;
  /** What the summary does not say. */
  details?: string;
  /** The query parameters; others are refused. */
  query?: z.ZodObject;
  /** The JSON body. */
  body?: z.ZodObject;
  /** Instead of a JSON body that is read by its schema: any bytes; their media type, and what they are in a few words. */
  upload?: { type: string; description: string };
  /** By status. */
  answers: Readonly<Record<number, AnswerShape>>;
  /** What it may refuse besides what its permission, its path and its input bring along. */
  errors?: readonly ErrorKind[];
}

export type Route = Access & {
  method: 'GET' | 'POST';
  path: string;
  /** Every route under `/api` has it; a test looks. */
  api?: ApiDescription;
  handle(parts: WebParts, ctx: Context): Promise<void> | void;
};

/** The user of a request that was admitted as one. */
export function userOf(ctx: Context): User {
  const { user } = ctx.state;
  if (user === undefined) throw new Error(`${ctx.method} ${ctx.path} asks for its user but does not demand one`);
  return user;
}

export const actorOf = (ctx: Context): string => `user:${userOf(ctx).name}`;

/** A part of the path: `/apps/:app`. */
export const param = (ctx: Context, name: string): string => ctx.params[name] ?? '';

/** The first value of a query parameter; undefined when it was not given or is empty. */
export function query(ctx: Context, name: string): string | undefined {
  const value = ctx.query[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === '' ? undefined : first;
}
