import type { AppId, MessageId } from '../model/ids';
import type { ChannelKind } from '../outbox/channel-kind';

/** What leaves Gantry by itself: messages to channels, statuses and comments to forges. */
export interface OutgoingTables {
  /** Where people are told. */
  channels: {
    name: string;
    kind: ChannelKind;
    /** Null: it is told of every app. */
    app_id: AppId | null;
    /** Kinds of messages, with spaces between. */
    wants: string;
    /** As much of the address as may be seen. */
    shown: string;
    /** JSON of outbox/address.ts `Address`, sealed. */
    sealed: string;
    /** Events up to this one were before it. */
    since: number;
    /** Messages that were given up. */
    dropped: number;
    created_at: number;
    created_by: string;
  };
  /** Messages that wait to be sent. What was sent is gone. */
  outbox: {
    id: MessageId;
    channel: string;
    /** Number of the event that it tells of: they are sent in this order. */
    position: number;
    /** JSON of outbox/message.ts `Message`. */
    body: string;
    at: number;
  };
  /** What a forge is to show: one row for each place there, so that only the newest is ever sent. */
  forge_posts: {
    /** The app with the source. */
    app_id: AppId;
    kind: 'status' | 'comment';
    /** A commit, or the number of a request. */
    target: string;
    context: string;
    /** The run that it tells of: an older one changes nothing. */
    run_number: number;
    /** JSON of forges/post.ts `StatusBody` or `CommentBody`. */
    body: string;
    /** Rises with each change of `body`. */
    version: number;
    sent_version: number;
    /** The forge's own name of it. */
    remote_id: string | null;
    /** How often the forge has refused this version. */
    failures: number;
    not_before: number;
    /** What went wrong the last time; empty when nothing did. */
    trouble: string;
    trouble_at: number | null;
    updated_at: number;
  };
  /** A receiver: it is sent one thing at a time. `channel:NAME`, or `forge:` and the id of an app. */
  outgoing_lines: {
    name: string;
    /** Rises each time that somebody begins to send; a late one's result is told by it. */
    claim: number;
    /** By the database's clock. */
    claimed_until: number;
    /** One after the other. */
    failures: number;
    not_before: number;
    sent_at: number | null;
    /** What was sent then. */
    sent_id: string | null;
    /** What went wrong the last time; empty when nothing did. */
    trouble: string;
    trouble_at: number | null;
  };
}
