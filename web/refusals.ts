import { GantryError } from '../engine/model/errors';

/** No token, or one that nobody has: always the same words. */
export class UnauthorizedError extends GantryError {
  override readonly name = 'UnauthorizedError';
  constructor(
    message = 'a valid token is needed',
    next = 'send it as "Authorization: Bearer TOKEN"; `gantry up` showed the first one at its first start',
  ) {
    super('forbidden', 'unauthorized', message, next);
  }
}

/** A webhook without the right signature, or for nothing that has hooks: always the same words. */
export class UnsignedError extends UnauthorizedError {
  constructor() {
    super(
      'this webhook is not signed as it must be',
      'compare address and secret; another secret: gantry app rotate-secret APP',
    );
  }
}

export class ForbiddenError extends GantryError {
  override readonly name = 'ForbiddenError';
  /** @param code stable, for programs */
  constructor(message: string, next: string, code = 'forbidden') {
    super('forbidden', code, message, next);
  }
}

export const notFound = (path: string): GantryError =>
  new GantryError(
    'not-found',
    'no-such-address',
    `there is nothing at ${path.slice(0, 200)}`,
    'look at the address again',
  );
