import type { CommentSeen } from './forge';

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** The field of a JSON object; undefined when there is none. */
export const field = (value: unknown, name: string): unknown => fieldsOf(value)[name];

/** What the forge calls it: a number or a text. */
export function idOf(value: unknown): string | undefined {
  const id = field(value, 'id');
  return typeof id === 'number' || (typeof id === 'string' && /^[\w-]{1,100}$/.test(id)) ? String(id) : undefined;
}

/** Comments in a list; whatever is none is left out. */
export function commentsIn(list: unknown, textOf: (comment: unknown) => unknown): CommentSeen[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((comment: unknown) => {
    const id = idOf(comment);
    const text = textOf(comment);
    return id === undefined || typeof text !== 'string' ? [] : [{ id, text }];
  });
}

const segments = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** `team/app`, each name fit for a URL. */
export const pathOf = ({ path }: { path: string }): string => segments(path);
