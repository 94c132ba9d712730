/** How people are reached, each with what its address is. */
export const CHANNEL_KINDS = {
  email: 'addresses, with commas between',
  webhook: 'an https address that takes Standard Webhooks',
  slack: 'the address of an incoming webhook of Slack, or of what speaks like it (Mattermost, Rocket.Chat)',
  dingtalk: 'the address of a robot of DingTalk; its secret when it demands signatures',
  wecom: 'the address of a group robot of WeCom',
  feishu: 'the address of a custom bot of Feishu or Lark; its secret when it demands signatures',
} as const;
export type ChannelKind = keyof typeof CHANNEL_KINDS;

export const isChannelKind = (text: string): text is ChannelKind => Object.hasOwn(CHANNEL_KINDS, text);

/** Kinds that sign with a secret: given by the other side, or (`webhook`) made here. */
export const SIGNING: readonly ChannelKind[] = ['webhook', 'dingtalk', 'feishu'];
