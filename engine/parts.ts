import type { RunLimits } from './model/run-limits';
import type { Bytes, Logs } from './ports/bytes';
import type { Clock, Probe, Random } from './ports/clock';
import type { Exchange } from './ports/exchange';
import type { Logger } from './ports/logger';
import type { Bell } from './ports/queue';
import type { Vault } from './ports/vault';
import type { Store } from './store/store';

/** Everything that the engine's verbs are given. Nothing else reaches them. */
export interface EngineParts {
  store: Store;
  bell: Bell;
  exchange: Exchange;
  bytes: Bytes;
  logs: Logs;
  clock: Clock;
  random: Random;
  probe: Probe;
  log: Logger;
  vault: Vault;
  /** Domain under which hosts of environments live: `storefront.localhost`, `storefront-test.localhost`. */
  domain: string;
  /** Default: `RUN_LIMITS`. */
  limits?: RunLimits;
}

/** Who does it: `user:ada`, `runner:…`, `rule:lease-expired`. Never empty. */
export type Actor = string;
