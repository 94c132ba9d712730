/** A request as the gateway sees it, as far as it decides by it. */
export interface VisitorRequest {
  /** Names in any case, values as they are sent; several of one name in their order. */
  headers: readonly (readonly [name: string, value: string])[];
  /** Where it comes from. */
  address: string;
}

/** The value of the last header of this name, which is the one that HAProxy's `req.fhdr` takes. */
export function headerOf({ headers }: VisitorRequest, name: string): string | undefined {
  return valuesOf(headers, name).at(-1);
}

export const countOf = ({ headers }: VisitorRequest, name: string): number => valuesOf(headers, name).length;

const valuesOf = (headers: VisitorRequest['headers'], name: string): string[] =>
  headers.filter(([own]) => own.toLowerCase() === name.toLowerCase()).map(([, value]) => value.trim());

/** The value of the last cookie of this name, which is the one that HAProxy's `req.cook` takes. */
export function cookieOf({ headers }: VisitorRequest, name: string): string | undefined {
  const cookies = valuesOf(headers, 'cookie').flatMap(readCookies);
  return cookies.findLast(([own]) => own === name)?.[1];
}

/** Cookies of one header as HAProxy reads them: a comma ends one as well, unless it stands in quotes. */
function readCookies(header: string): (readonly [name: string, value: string])[] {
  const pieces = header.match(/(?:[^;,"]|"(?:\\.|[^"\\])*(?:"|$))+/g) ?? [];
  return pieces.flatMap((piece) => {
    const equal = piece.indexOf('=');
    return equal < 0 ? [] : [[piece.slice(0, equal).trim(), piece.slice(equal + 1).trim()] as const];
  });
}
