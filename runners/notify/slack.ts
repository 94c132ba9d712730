import { outcomeOf } from './answer';
import type { Channel } from './channel';
import { postJson } from './post-json';

/** An incoming webhook of Slack. What is told is text and nothing else: no one is called by it, and no link is hidden. */
export const slack: Channel = async ({ message, address }, means) => {
  const { title, lines, link } = message;
  const head = link === '' ? `*${escaped(title)}*` : `*<${escaped(link)}|${escaped(title)}>*`;
  const text = [head, ...lines.map(escaped)].join('\n');
  return outcomeOf(await postJson(means, address.to, { text, link_names: 0, unfurl_links: false }), means.now());
};

/** The three signs that mean something to Slack, and those that would make a text bold, code or struck through. */
const escaped = (text: string): string =>
  text
    .replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign] ?? '')
    .replace(/[*_`~|]/g, '\u200b$&');
