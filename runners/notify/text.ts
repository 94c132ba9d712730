import type { Message } from '../../engine/outbox/message';

/** A message as lines of plain text, its link last. */
export const plainText = ({ title, link }: Message, lines: readonly string[]): string =>
  [title, ...lines, ...(link === '' ? [] : [link])].join('\n');
