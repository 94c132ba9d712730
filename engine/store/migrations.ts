import { RISING, type SchemaStatement } from './dialect';

/** Milliseconds UTC; on SQLite it is a function of ours (sqlite.ts). */
const clock: SchemaStatement = {
  sqlite: '',
  postgres: `create function database_now() returns bigint language sql volatile as
    'select cast(floor(extract(epoch from clock_timestamp()) * 1000) as bigint)'`,
};

/** Derived, so that it cannot drift: a stage is what its steps are. */
const stagesView = (some: (state: string) => string): string => `create view stages as
   select run_id, stage as name, min(position) as position,
     case when ${some('failed')} then 'failed'
          when ${some('running')} then 'running'
          when ${some('waiting')} then 'waiting'
          when ${some('ready')} then 'ready'
          when ${some('pending')} then 'pending'
          when ${some('cancelled')} then 'cancelled'
          else 'succeeded' end as state,
     min(started_at) as started_at, max(ended_at) as ended_at
   from steps where verb = 'run' group by run_id, stage`;

/**
 * The schema, version by version: `migrations[n]` are the statements that lead from version n to n + 1.
 * A landed entry never changes. Text and integers only, so that both databases can take the same statements.
 */
const house: readonly SchemaStatement[] = [
  clock,
  `create table meta (key text primary key, value text not null)`,
  `create table users (id text primary key, name text not null unique, role text not null, created_at bigint not null)`,
  `create table tokens (hash text primary key, user_id text not null references users(id), name text not null,
     created_at bigint not null, last_used_at bigint)`,
  `create table apps (id text primary key, name text not null unique, created_at bigint not null,
     created_by text not null, next_run integer not null, next_release integer not null)`,
  `create table deliveries (id text primary key, app_id text not null references apps(id), key text not null,
     source text not null, ref text not null, before text not null, after text not null, pusher text not null,
     received_at bigint not null, outcome text not null, reason text not null, run_id text,
     unique (app_id, key))`,
  `create table runs (id text primary key, app_id text not null references apps(id), number integer not null,
     trigger text not null, ref text not null, "commit" text not null, title text not null, author text not null,
     started_by text not null, state text not null, ends_as text, reason text not null, plan text, pipeline_hash text,
     release_id text, holds_rollout integer not null, priority integer not null, next_event integer not null,
     created_at bigint not null, started_at bigint, ended_at bigint, unique (app_id, number))`,
  `create unique index runs_one_rollout on runs (app_id) where holds_rollout = 1`,
  `create index runs_by_state on runs (state, created_at)`,
  `create table steps (id text primary key, run_id text not null references runs(id), app_id text not null,
     position integer not null, name text not null, kind text not null, stage text not null, role text not null,
     verb text not null, undoes text, needs text not null, spec text not null, timeout_ms bigint not null,
     state text not null, reason text not null, output text, epoch integer not null, owner text, lease_until bigint,
     attempt integer not null, not_before bigint not null, abort_requested integer not null,
     ready_at bigint, started_at bigint, ended_at bigint,
     unique (run_id, name), unique (run_id, position))`,
  `create index steps_to_take on steps (state, not_before) where state in ('ready', 'running')`,
  `create table effects (key text primary key, run_id text not null, step_id text not null references steps(id),
     verb text not null, number integer not null, target text not null, epoch integer not null, state text not null,
     intent text not null, observation text, created_at bigint not null, ended_at bigint)`,
  `create index effects_by_step on effects (step_id)`,
  `create table artifacts (digest text primary key, app_id text not null, run_id text not null, kind text not null,
     name text not null, size bigint not null, provenance text not null, sealed_at bigint not null)`,
  `create table releases (id text primary key, app_id text not null references apps(id), run_id text not null,
     number integer not null, hash text not null, record text not null, state text not null,
     created_at bigint not null, unique (app_id, number), unique (run_id))`,
  `create table environments (id text primary key, app_id text not null references apps(id), name text not null,
     role text not null, host text not null unique, cluster text not null, slot integer not null,
     traffic text not null, version integer not null, confirmed_version integer not null, warm_until bigint,
     created_at bigint not null, unique (app_id, name), unique (cluster, slot))`,
  `create table instances (id text primary key, name text not null unique, app_id text not null,
     environment_id text not null references environments(id), release_id text not null references releases(id),
     cluster text not null, lane text not null, ordinal integer not null, state text not null, container text,
     address text, port integer not null, created_at bigint not null, ended_at bigint)`,
  `create index instances_alive on instances (environment_id, state)`,
  `create table approvals (id text primary key, run_id text not null, step_id text not null unique, app_id text not null,
     release_hash text not null, pipeline_hash text not null, role text not null, count integer not null,
     state text not null, requested_at bigint not null, expires_at bigint not null)`,
  `create table approval_votes (approval_id text not null references approvals(id), "user" text not null,
     vote text not null, reason text not null, at bigint not null, primary key (approval_id, "user"))`,
  `create table audit (seq ${RISING}, chain text not null, at bigint not null, actor text not null,
     action text not null, object text not null, detail text not null, prev_hash text not null,
     hash text not null unique)`,
  `create index audit_by_chain on audit (chain, seq)`,
  `create table events (id ${RISING}, run_id text, app_id text not null, seq integer not null, at bigint not null,
     type text not null, data text not null)`,
  `create index events_by_run on events (run_id, seq)`,
  `create table terms (name text primary key, holder text not null, epoch integer not null, until bigint not null)`,
  `create table ref_heads (app_id text not null, ref text not null, "commit" text not null, seen_at bigint not null,
     primary key (app_id, ref))`,
  {
    sqlite: stagesView((state) => `sum(state = '${state}') > 0`),
    postgres: stagesView((state) => `bool_or(state = '${state}')`),
  },
];

/** Webhooks of forges: where an app's commits come from, and each delivery with what became of it. */
const hooks: readonly string[] = [
  `create table app_sources (app_id text primary key references apps(id), url text not null, token text,
     secret text not null, connected_at bigint not null, connected_by text not null)`,
  `create table hook_deliveries (id text primary key, app_id text not null references apps(id),
     delivery_id text not null, forge text not null, event text not null, ref text not null, after text not null,
     received_at bigint not null, outcome text not null, reason text not null, attempts integer not null,
     not_before bigint not null, ended_at bigint, run_id text, unique (app_id, delivery_id))`,
  `create index hook_deliveries_to_follow on hook_deliveries (app_id, not_before) where outcome = 'pending'`,
];

/** A run that takes back steps of another one names it. */
const undo: readonly string[] = [
  `alter table runs add column undoes_run text`,
  `create index runs_by_undone on runs (undoes_run) where undoes_run is not null`,
];

/** Looks into instances, runners that say they are there, and what a failure leaves behind. */
const why: readonly string[] = [
  `alter table steps add column failure text`,
  `alter table runs add column keep_failed_ms bigint`,
  `alter table instances add column kept_until bigint`,
  `create table instance_sessions (id text primary key, app_id text not null references apps(id),
     instance_id text not null references instances(id), kind text not null, actor text not null, cluster text not null,
     request text not null, state text not null, owner text, deadline bigint not null, exit_code integer,
     reason text not null, created_at bigint not null, opened_at bigint, ended_at bigint)`,
  `create index instance_sessions_alive on instance_sessions (state, cluster) where state != 'ended'`,
  `create table runners (owner text primary key, cluster text not null, places integer not null,
     started_at bigint not null, alive_until bigint not null)`,
];

/** Image bytes that are kept, and what a release from outside is taken with. */
const archives: readonly string[] = [
  `create table image_archives (image_id text primary key, app_id text not null references apps(id),
     release integer not null, state text not null, reason text not null, attempt integer not null,
     failures integer not null, not_before bigint not null, archive text, size bigint not null, kept_at bigint,
     checked_at bigint)`,
  `create index steps_promoted on steps (app_id, ended_at) where kind = 'promote' and state = 'succeeded'`,
  `create table registry_credentials (run_id text primary key references runs(id), credentials text not null,
     expires_at bigint not null)`,
];

/** What the gateway measured while a gray release was there: the charts of stable and gray. */
const traffic: readonly string[] = [
  `create table traffic_samples (environment_id text not null references environments(id), at bigint not null,
     role text not null, release_id text not null, span_ms integer not null, requests integer not null,
     errors integer not null, times text not null, primary key (environment_id, at, role))`,
  `create index traffic_samples_by_age on traffic_samples (at)`,
];

/** Lists of users that meet gray, and who gave it its share. */
const gray: readonly string[] = [
  `create table user_lists (id text primary key, names text not null, size integer not null, created_at bigint not null)`,
  `alter table environments add column gray_since bigint`,
  `alter table environments add column gray_by text`,
];

/** Several apps in one repository: each has a folder of it, and all but one share the remote of another. */
const folders: readonly string[] = [
  `alter table apps add column path text not null default '.'`,
  `alter table apps add column repository_id text references apps(id)`,
];

/** Lists of runs come newest first, page by page: one page must not cost a look at all of them. */
const lists: readonly string[] = [
  `create index runs_by_time on runs (created_at, id)`,
  `create index runs_by_app_and_time on runs (app_id, created_at, id)`,
  `create index runs_by_person on runs (started_by, created_at, id)`,
];

/** Who may act where, and when: places that one run at a time has, who goes first there, pools of runners. */
const order: readonly string[] = [
  `alter table runs add column moved_from text`,
  `alter table runs add column superseded_by integer`,
  `alter table steps add column place text`,
  `alter table steps add column turn text`,
  `alter table steps add column pool text not null default 'default'`,
  `alter table runners add column pools text not null default 'default'`,
  `alter table runners add column kinds text not null default ''`,
  `create table places (app_id text not null references apps(id), place text not null,
     run_id text not null references runs(id), since bigint not null, primary key (app_id, place))`,
  `create index runs_by_ref on runs (app_id, ref, number)`,
  `create index runs_open on runs (app_id, ref, number) where ended_at is null`,
  `create index runs_urgent on runs (priority) where priority > 0 and ended_at is null`,
  // Takes the place of steps_to_take: by app, in the order in which steps are taken.
  `drop index steps_to_take`,
  `create index steps_open on steps (app_id, run_id, position, state) where state in ('ready', 'running')`,
];

/** What retention was asked for and did, and what the reaper leaves to people. */
const retention: readonly string[] = [
  `create table retention_passes (id text primary key, kind text not null, state text not null, asked_by text not null,
     asked_at bigint not null, ended_at bigint, reason text not null, report text not null)`,
  `create table reaper_reports (cluster text primary key, report text not null)`,
  `create index runs_by_release on runs (release_id) where release_id is not null`,
  // Whoever removes a release or an instance asks who refers to it.
  `create index instances_by_release on instances (release_id)`,
  `create index instance_sessions_by_instance on instance_sessions (instance_id)`,
];

/** When a step is tried again, and how often it was; the run that a restart walks once more. */
const retries: readonly string[] = [
  `alter table steps add column retry text`,
  `alter table steps add column retries integer not null default 0`,
  `alter table runs add column restarts_run text`,
];

/** What the audit says stays: against slips, and against whoever has no right to change the schema. */
const kept: readonly SchemaStatement[] = [
  {
    sqlite: `create trigger audit_keeps_what_it_says before update on audit
      begin select raise(abort, 'the audit is only added to'); end`,
    postgres: `create function refuse_change_of_audit() returns trigger language plpgsql as
      'begin raise exception ''the audit is only added to''; end'`,
  },
  {
    sqlite: `create trigger audit_keeps_its_entries before delete on audit
      begin select raise(abort, 'the audit is only added to'); end`,
    postgres: `create trigger audit_keeps_what_it_says before update or delete or truncate on audit
      for each statement execute function refuse_change_of_audit()`,
  },
];

/** Whoever tells a push asks whether it, or what came after it, was told before. */
const moves: readonly string[] = [`create index deliveries_by_move on deliveries (app_id, ref, before)`];

/** Who may what, and by what people are known elsewhere. Whoever was there before keeps every role. */
const people: readonly string[] = [
  `alter table users add column disabled_at bigint`,
  `create table identities (kind text not null, name text not null, user_id text not null references users,
     primary key (kind, name))`,
  `create index identities_by_user on identities (user_id)`,
  `create table teams (id text primary key, name text not null unique, created_at bigint not null)`,
  `create table team_members (team_id text not null references teams, user_id text not null references users,
     added_at bigint not null, primary key (team_id, user_id))`,
  `create index team_members_by_user on team_members (user_id)`,
  `create table role_grants (holder text not null, scope text not null, role text not null, granted_at bigint not null,
     granted_by text not null, primary key (holder, scope, role))`,
  ...['viewer', 'developer', 'qa', 'release-manager', 'operator', 'auditor', 'admin'].map(
    (role) => `insert into role_grants (holder, scope, role, granted_at, granted_by)
       select id, '*', '${role}', created_at, 'rule:upgrade' from users`,
  ),
  `alter table users drop column role`,
];

/** Remotes: what was last seen there, keys for SSH, a secret that is on its way out, and requests to merge. */
const remotes: readonly string[] = [
  `alter table app_sources add column host_key text`,
  `alter table app_sources add column earlier_secret text`,
  `alter table app_sources add column earlier_until bigint`,
  `create table deploy_keys (app_id text primary key references apps(id), public_key text not null,
     private_key text not null, created_at bigint not null, created_by text not null)`,
  `create table source_looks (app_id text primary key references apps(id), url text not null, looked_at bigint,
     not_before bigint not null, failures integer not null, reason text not null)`,
  `create table source_heads (app_id text not null references apps(id), ref text not null, "commit" text not null,
     delivered text not null, primary key (app_id, ref))`,
  `create table requests (app_id text not null references apps(id), number bigint not null, forge text not null,
     ref text not null, state text not null, head text not null, origin text not null, allowed_head text,
     allowed_by text, allowed_at bigint, run_id text, updated_at bigint not null, primary key (app_id, number))`,
];

/** What an approval is bound to, who took part in a change, when changes rest, and glass that was broken. */
const approving: readonly string[] = [
  `alter table approvals add column bound text not null default ''`,
  `alter table approvals add column bound_hash text not null default ''`,
  `alter table approvals add column change_window text`,
  `alter table approvals add column round integer not null default 1`,
  `alter table approvals add column why text not null default ''`,
  `alter table approvals add column consumed_at bigint`,
  `alter table approvals add column consumed_by text`,
  `alter table approval_votes add column broke_glass integer not null default 0`,
  `create index approvals_by_run on approvals (run_id, state)`,
  `create table run_people (run_id text not null references runs(id), part text not null, kind text not null,
     name text not null, primary key (run_id, part, kind, name))`,
  `create table freezes (id text primary key, app_id text references apps(id), reason text not null,
     begun_at bigint not null, begun_by text not null, until bigint not null, ended_at bigint, ended_by text)`,
  `create index freezes_in_force on freezes (until) where ended_at is null`,
  `create table glass_breaks (id text primary key, app_id text not null references apps(id), run_id text not null,
     approval_id text not null references approvals(id), step text not null, broken_by text not null,
     reason text not null, broken_at bigint not null, review_due bigint, reviewed_at bigint, reviewed_by text,
     verdict text, note text not null)`,
  `create index glass_breaks_by_run on glass_breaks (run_id)`,
  `create index glass_breaks_to_review on glass_breaks (app_id, review_due) where reviewed_at is null`,
];

/** How people get in: sessions and tokens with an end. A session of before was only a signed cookie: those have ended. */
const signin: readonly string[] = [
  `alter table tokens add column scopes text`,
  `alter table tokens add column app text`,
  `alter table tokens add column ends_at bigint`,
  `create table signin_sessions (hash text primary key, id text not null unique,
     user_id text not null references users(id), kind text not null, proof text not null, token_hash text,
     stage text not null, made_at bigint not null, seen_at bigint not null, ends_at bigint not null,
     second_factor_at bigint, agent text not null, address text not null)`,
  `create index signin_sessions_by_user on signin_sessions (user_id, seen_at)`,
  `create index signin_sessions_by_end on signin_sessions (ends_at)`,
  `create table passwords (user_id text primary key references users(id), hash text not null, set_at bigint not null)`,
  `create table second_factors (user_id text primary key references users(id), seed text not null,
     made_at bigint not null, proven_at bigint, last_period bigint not null)`,
  `create table recovery_codes (hash text primary key, user_id text not null references users(id), used_at bigint)`,
  `create index recovery_codes_by_user on recovery_codes (user_id)`,
  `create table invitations (hash text primary key, user_id text not null references users(id), made_by text not null,
     made_at bigint not null, ends_at bigint not null)`,
  `create table signin_waits (key text primary key, failures integer not null, until bigint not null,
     last_at bigint not null)`,
  `create index signin_waits_by_age on signin_waits (last_at)`,
  `create table signin_addresses (user_id text not null references users(id), address text not null,
     seen_at bigint not null, primary key (user_id, address))`,
  `create table login_requests (hash text primary key, code text not null unique, agent text not null,
     address text not null, ends_at bigint not null, decision text, user_id text references users(id), proof text,
     second_factor_at bigint)`,
  `create table provider_links (issuer text not null, subject text not null, user_id text not null references users(id),
     linked_at bigint not null, primary key (issuer, subject))`,
];

/** What starts a run beside a push: when, after what, and with which values. */
const triggers: readonly string[] = [
  `alter table runs add column parameters text`,
  `alter table runs add column cause text`,
  `create table trigger_looks (app_id text primary key references apps(id), ref text not null, "commit" text not null,
     reason text not null, looked_at bigint not null)`,
  `create table schedules (app_id text not null references apps(id), key text not null, cron text not null,
     zone text not null, ref text not null, next_at bigint not null, counted_at bigint not null, last_at bigint,
     last_run text, reason text not null, primary key (app_id, key))`,
  `create index schedules_by_time on schedules (next_at)`,
  `create table schedule_times (app_id text not null references apps(id), key text not null, at bigint not null,
     run_id text not null, primary key (app_id, key, at))`,
  `create table release_triggers (app_id text not null references apps(id), of_app text not null, stage text not null,
     primary key (app_id, of_app, stage))`,
  `create index release_triggers_by_cause on release_triggers (of_app, stage)`,
  `create table release_followers (app_id text not null references apps(id), release_id text not null,
     stage text not null, cause text not null, state text not null, reason text not null, run_id text,
     told_at bigint not null, ended_at bigint, primary key (app_id, release_id, stage))`,
  `create index release_followers_pending on release_followers (told_at) where state = 'pending'`,
];

/** Values that steps are given, sealed; and whose pipelines may have them. */
const secrets: readonly string[] = [
  `create table secrets (app_id text not null references apps(id), environment text not null, name text not null,
     sealed text not null, set_at bigint not null, set_by text not null, primary key (app_id, environment, name))`,
  `create table protected_refs (app_id text not null references apps(id), kind text not null, pattern text not null,
     set_at bigint not null, set_by text not null, primary key (app_id, kind, pattern))`,
];

/** What is to be told to chat rooms and forges, who is told, and how each of them answers. */
const outgoing: readonly string[] = [
  `create table channels (name text primary key, kind text not null, app_id text references apps(id),
     wants text not null, shown text not null, sealed text not null, since bigint not null, dropped bigint not null,
     created_at bigint not null, created_by text not null)`,
  `create table outbox (id text primary key, channel text not null references channels(name), position bigint not null,
     body text not null, at bigint not null)`,
  `create index outbox_by_channel on outbox (channel, position, id)`,
  `create table forge_posts (app_id text not null references apps(id), kind text not null, target text not null,
     context text not null, run_number bigint not null, body text not null, version bigint not null,
     sent_version bigint not null, remote_id text, failures integer not null, updated_at bigint not null,
     primary key (app_id, kind, target, context))`,
  `create index forge_posts_waiting on forge_posts (app_id) where version > sent_version`,
  `create table outgoing_lines (name text primary key, claim bigint not null, claimed_until bigint not null,
     failures integer not null, not_before bigint not null, sent_at bigint, sent_id text, trouble text not null,
     trouble_at bigint)`,
];

/** What is fetched with the commits of a source although it is not in them, and who waits for it. */
const extras: readonly string[] = [
  `alter table app_sources add column extras text not null default ''`,
  `create table source_extras (app_id text not null references apps(id), "commit" text not null, extra text not null,
     state text not null, reason text not null, asked_at bigint not null, primary key (app_id, "commit", extra))`,
  `create index source_extras_asked on source_extras (app_id) where state = 'asked'`,
];

/** A place at a forge that does not take what it is to show is left alone for a while, and says why. */
const places: readonly string[] = [
  `alter table forge_posts add column not_before bigint not null default 0`,
  `alter table forge_posts add column trouble text not null default ''`,
  `alter table forge_posts add column trouble_at bigint`,
];

/** Whose pushes forges tell of; and beyond which release people were noted. */
const senders: readonly string[] = [
  `alter table hook_deliveries add column sender text`,
  `alter table deliveries add column senders text`,
  `create table people_noted (run_id text primary key references runs(id), beyond text not null)`,
];

export type Migrations = readonly (readonly SchemaStatement[])[];
export const migrations: Migrations = [
  house,
  hooks,
  undo,
  why,
  archives,
  traffic,
  gray,
  folders,
  lists,
  order,
  retention,
  retries,
  kept,
  moves,
  people,
  remotes,
  approving,
  signin,
  triggers,
  secrets,
  outgoing,
  extras,
  places,
  senders,
];
