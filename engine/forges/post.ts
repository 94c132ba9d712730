/** How a stage of a run stands, for a commit's page at its forge. */
export const STATUS_STATES = {
  pending: 'it has not begun, or waits for people',
  running: 'it is being carried out',
  success: 'all of it succeeded',
  failure: 'a step of it failed',
  cancelled: 'its run ended early',
} as const;
export type StatusState = keyof typeof STATUS_STATES;

export interface StatusBody {
  state: StatusState;
  /** At most `SENTENCE_MAX` characters, one line. */
  sentence: string;
  link: string;
}

/** What a pull or merge request is told once, and then kept true. */
export interface CommentBody {
  text: string;
}

/** Every forge takes so many. */
export const SENTENCE_MAX = 140;

/** By which a comment is found again that was made, and not recorded, before a crash. */
export const markOf = (context: string): string => `<!-- ${context} -->`;
