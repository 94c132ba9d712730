/** What was asked, beside the verb. */
export interface UpkeepWords {
  file: string;
  /** Folder of bytes, repositories and logs. */
  bytes?: string;
  replace: boolean;
  /** Milliseconds. */
  within: number;
  actor: string;
  /** Only what concerns this app. */
  app?: string;
  /** File of anchored heads; else the one of the settings. */
  anchors?: string;
  /** Shows what goes on: one JSON document a line, before the last one. */
  progress(document: object): void;
}
