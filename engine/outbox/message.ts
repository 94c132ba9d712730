/** What people are told of, each with its sentence. */
export const MESSAGE_KINDS = {
  failed: 'a run has failed',
  approval: 'a run waits for people to decide',
  rejected: 'somebody has said no to a run',
  emergency: 'somebody has opened a gate in an emergency',
  gray: 'a release meets a share of the users',
  released: 'a release is in production',
  'rolled-back': 'production has gone back to an earlier release',
} as const;
export type MessageKind = keyof typeof MESSAGE_KINDS;

export const isMessageKind = (text: string): text is MessageKind => Object.hasOwn(MESSAGE_KINDS, text);

/** What one channel is told. Plain text everywhere: each channel writes it down in its own way. */
export interface Message {
  /** `test`: somebody tries the channel. */
  kind: MessageKind | 'test';
  app: string | null;
  run: number | null;
  /** One line. */
  title: string;
  /** What there is to say besides, a line each. */
  lines: readonly string[];
  /** Where to look; empty when there is nowhere. */
  link: string;
  /** ms UTC */
  at: number;
}
