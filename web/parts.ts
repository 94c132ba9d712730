import type { Engine } from '../engine/engine';
import type { Turns } from '../engine/model/turns';
import type { Anchors } from '../engine/ports/anchors';
import type { Logger } from '../engine/ports/logger';
import type { OutgoingOptions } from '../outgoing/outgoing';
import type { EventFeed } from './events/feed';
import type { RunLooks } from './events/run-looks';
import type { TrafficFeed } from './events/traffic-feed';
import type { HealthMonitor } from './health/monitor';
import type { FormTokens } from './identity/forms';
import type { Provider, ProviderOptions } from './identity/provider';
import type { RefusalNotes } from './identity/refusal-notes';
import type { Standing } from './identity/standing';
import type { UseNotes } from './identity/use-notes';
import type { LogReader } from './logs/reader';
import type { Metrics } from './metrics';

/** What web is started with; the same names as in the settings. */
export interface WebOptions {
  home: string;
  /** Where `web/` with its views, static files and hooks lies. */
  root: string;
  version: string;
  listen: { host: string; port: number };
  gateway: { host: string; port: number };
  domain: string;
  /** Search path for `git`. */
  programs: string;
  /** HTTPS instead of HTTP: PEM files, read again when they change. `own`: of Gantry's own authority. */
  tls?: { certificate: string; key: string; own: boolean };
  /** What people and forges call, when it is not where web listens. */
  publicUrl?: string;
  /** Addresses and networks (CIDR) of the proxies whose `X-Forwarded-*` is believed. */
  trustedProxies?: readonly string[];
  /** PEM file with the authorities that forges' certificates are checked with; else the machine's. */
  forgeCaBundle?: string;
  /** What calls to addresses that somebody typed may reach. */
  outgoing?: OutgoingOptions;
  /** An OpenID provider whose people may sign in. */
  provider?: ProviderOptions;
  /** File of the audit's anchored heads. */
  anchors: string;
}

/** Everything that a request handler is given. Nothing else reaches it. */
export interface WebParts {
  engine: Engine;
  log: Logger;
  options: WebOptions;
  installation: string;
  /** Address of pages and API, without a slash at its end. */
  url: string;
  /** How a hook reaches this process, and what it shows. */
  hook: { host: string; port: number; secret: string };
  /** Webhooks were stored, or their source changed: follow them now. */
  followHooks(): void;
  /** A source was connected: look where it stands. */
  compareSources(): void;
  /** Anybody may send a webhook, so only so many bodies are held at once. */
  hookTurns: Turns;
  /** Checking the whole audit takes long and reads all of it, so it is done once at a time. */
  auditTurns: Turns;
  feed: EventFeed;
  runs: RunLooks;
  logs: LogReader;
  traffic: TrafficFeed;
  forms: FormTokens;
  /** Of the organisation's people, when one was named. */
  provider?: Provider;
  useNotes: UseNotes;
  refusals: RefusalNotes;
  standing: Standing;
  metrics: Metrics;
  health: HealthMonitor;
  /** Heads of the audit that runners have written outside of the database. */
  anchors: Anchors;
  /** Aborts when the process is to stop: whoever streams ends then. */
  stopping: AbortSignal;
}
