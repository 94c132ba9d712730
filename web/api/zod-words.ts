import type { ZodError } from 'zod';

/** What is wrong with an input, for the one who sent it: the first five places. */
export const zodWords = (error: ZodError): string =>
  error.issues
    .slice(0, 5)
    .map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '))
    .join('; ');
