import type { ChannelKind } from '../../engine/outbox/channel-kind';
import type { Channel } from './channel';
import { dingtalk } from './dingtalk';
import { email } from './email';
import { feishu } from './feishu';
import { slack } from './slack';
import { webhook } from './webhook';
import { wecom } from './wecom';

/** Every kind of channel, by its name. */
export const channels: Readonly<Record<ChannelKind, Channel>> = { email, webhook, slack, dingtalk, wecom, feishu };
