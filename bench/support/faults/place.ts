/** What a fleet is made in, and with. */
export interface FleetPlace {
  /** Where its data folder, its Redis and its logs go. */
  folder: string;
  /** The checkout. */
  root: string;
  environment: NodeJS.ProcessEnv;
  /** What is to be done when everything is over, the newest first. */
  later(act: () => Promise<void> | void): void;
}
