import { alertStage, alertTitle, plain } from '../domain/alert-words.ts';
import type { Clock } from '../domain/clock.ts';
import type { Alert, EvidenceStory } from '../domain/trends.ts';
import { evidenceSentence, lifeSentence, repeatSentence, safeLink, storyFacts } from './alert-text.ts';
import { httpPoster } from './http-post.ts';
import type { DeliveryContext, Notifier } from './port.ts';

export interface SlackWebhookOptions {
  readonly name: string;
  readonly webhookUrl: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

// Limits of Block Kit: 150 characters a header, 3,000 a section, 50 blocks a message. Escapes count.
const MAX_HEADER = 150;
const MAX_SECTION = 3000;
const MAX_STORIES = 10;
const MAX_TITLE = 300;
const MAX_LINK = 1500;

/**
 * Posts alerts to a Slack channel by an incoming webhook. What it posted can be neither read nor edited, so each state is a
 * message of its own, delivered at least once; a possible repeat says so, with the alert's id.
 */
export function slackWebhookNotifier(options: SlackWebhookOptions): Notifier {
  const poster = httpPoster({ ...options, url: options.webhookUrl });
  return {
    name: options.name,
    async deliver(alert, context, signal) {
      await poster.post(JSON.stringify(slackMessage(alert, context)), {}, signal);
      return undefined;
    },
    close: () => poster.close(),
  };
}

interface Block {
  readonly type: 'header' | 'section' | 'context';
  readonly text?: { readonly type: 'plain_text' | 'mrkdwn'; readonly text: string };
  readonly elements?: readonly { readonly type: 'mrkdwn'; readonly text: string }[];
}

export interface SlackMessage {
  /** What notifications show. */
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly unfurl_links: false;
  readonly unfurl_media: false;
}

export function slackMessage(alert: Alert, context: DeliveryContext): SlackMessage {
  const title = `${icon(alert)} ${alertTitle(alert)}`;
  const { words, topStories } = alert.evidence;
  const blocks: Block[] = [
    { type: 'header', text: { type: 'plain_text', text: cut(title, MAX_HEADER) } },
    section(escapeText(evidenceSentence(alert))),
  ];
  if (context.repeat) blocks.push(section(`:repeat: ${escapeText(repeatSentence(alert))}`));
  if (words.length > 0) blocks.push(section(`Words: ${escapeText(plain(words.slice(0, 20).join(', ')))}`));
  for (const story of topStories.slice(0, MAX_STORIES)) blocks.push(section(storyLine(story)));
  const id = `${lifeSentence(alert)} · alert ${alert.id}`;
  blocks.push({ type: 'context', elements: [{ type: 'mrkdwn', text: cutEscaped(escapeText(plain(id)), MAX_SECTION) }] });
  return {
    text: cutEscaped(escapeText(`${title}: ${evidenceSentence(alert)}`), MAX_SECTION),
    blocks,
    unfurl_links: false,
    unfurl_media: false,
  };
}

function icon(alert: Alert): string {
  if (alertStage(alert) === 'resolved') return '✅';
  return alert.severity === 'critical' ? '🔴' : '🟠';
}

function storyLine(story: EvidenceStory): string {
  const title = escapeText(cut(plain(story.title), MAX_TITLE));
  // Within <…|…> these three characters would end the address.
  const link = safeLink(story.url).replace(/[<>|]/g, (character) => encodeURIComponent(character));
  const named = link === '' || link.length > MAX_LINK ? title : `<${escapeText(link)}|${title}>`;
  return `• ${named} (${escapeText(storyFacts(story))})`;
}

function section(text: string): Block {
  return { type: 'section', text: { type: 'mrkdwn', text: cutEscaped(text, MAX_SECTION) } };
}

/** The three characters that Slack reads as markup; a headline can then neither mention a channel nor make a link. */
function escapeText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

function cut(text: string, length: number): string {
  return text.length <= length
    ? text
    : `${text
        .slice(0, length - 1)
        .toWellFormed()
        .replace(/\ufffd$/, '')}…`;
}

/** Cuts no escape in two. */
function cutEscaped(text: string, length: number): string {
  return text.length <= length ? text : `${cut(text, length).replace(/&[a-z]{0,3}…$/, '…')}`;
}
