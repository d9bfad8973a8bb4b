import type { LinkSigner } from '@tsunagari/access';
import { channelSchema, type Channel, type ConsentPort } from '@tsunagari/contracts';
import { createHash } from 'node:crypto';
import type { MessageCommands } from '../message/message.commands';
import { escapeHtml } from '../message/template';

export type PageRequest = {
  readonly method: string;
  /** Below the public address: `/unsubscribe/…`, `/preferences/…`. */
  readonly path: string;
  readonly acceptLanguage: string | undefined;
  /** A form's fields. */
  readonly form: URLSearchParams;
};

export type PageResponse = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string };

export type PagePorts = {
  readonly links: LinkSigner;
  readonly messages: Pick<MessageCommands, 'unsubscribe'>;
  readonly consent: Pick<ConsentPort, 'mayContact' | 'preferencesOf' | 'withdraw' | 'confirm' | 'setPreference'>;
  readonly now: () => string;
};

type Language = 'ja' | 'en';

const TEXT = {
  ja: {
    title: '配信設定',
    unsubscribe: '配信を停止しますか？',
    button: '配信を停止する',
    done: '配信を停止しました。',
    receiving: 'お知らせをお届けしています。',
    notReceiving: 'お知らせはお届けしていません。',
    language: '表示言語',
    save: '保存する',
    saved: '保存しました。',
    bad: 'このリンクは使えません。新しいメールのリンクをお使いください。',
    confirmed: 'ご登録ありがとうございます。確認できました。',
    confirm: '受け取りを確認する',
    confirmTitle: 'お知らせの受け取りを確認してください。',
  },
  en: {
    title: 'Your preferences',
    unsubscribe: 'Stop these messages?',
    button: 'Stop these messages',
    done: 'You will get no more of these messages.',
    receiving: 'You are receiving our news.',
    notReceiving: 'You are not receiving our news.',
    language: 'Language',
    save: 'Save',
    saved: 'Saved.',
    bad: 'This link does not work. Use the link of a newer message.',
    confirmed: 'Thank you, your address is confirmed.',
    confirm: 'Confirm',
    confirmTitle: 'Please confirm that you want our news.',
  },
} as const;

/**
 * The pages behind the links of messages: one-click unsubscribe (RFC 8058), preferences, and the second step of a double opt-in. Plain HTML
 * forms, no script. Only a POST changes something, because mail scanners follow links. Undefined for a path that is none of these.
 */
export function messagePages({ links, messages, consent, now }: PagePorts) {
  return async function page(request: PageRequest): Promise<PageResponse | undefined> {
    const [, kind = '', signed = '', ...more] = request.path.split('/');
    if ((kind !== 'unsubscribe' && kind !== 'preferences' && kind !== 'confirm') || more.length > 0) return undefined;
    if (request.method !== 'GET' && request.method !== 'POST') return html(405, 'en', '');
    const at = now();
    const link = links.verify(signed, kind, at);
    const channel = channelSchema.safeParse(link?.channel);
    const spoken: Language = /^\s*ja/i.test(request.acceptLanguage ?? '') ? 'ja' : 'en';
    if (!link || (kind !== 'confirm' && !channel.success)) return html(404, spoken, `<p>${TEXT[spoken].bad}</p>`);
    const { subject } = link;
    const wishes = (await consent.preferencesOf({ subjects: [subject] })).preferences[0];
    const language = wishes?.language ?? spoken;
    const text = TEXT[language];
    const key = `link-${createHash('sha256').update(`${signed}/${at}`).digest('hex')}`;
    const posted = request.method === 'POST';

    if (kind === 'confirm') {
      if (!posted) return html(200, language, form(text.confirmTitle, '', text.confirm));
      const answer = await consent.confirm({ link: signed, at, idempotencyKey: key });
      return answer.kind === 'accepted' ? html(200, language, `<p>${text.confirmed}</p>`) : html(410, language, `<p>${text.bad}</p>`);
    }
    const over: Channel = channel.success ? channel.data : 'email';
    const asked = { idempotencyKey: key, by: `customer:${subject}`, requestId: key, at };
    if (kind === 'unsubscribe') {
      if (!posted) return html(200, language, form(text.unsubscribe, '', text.button));
      await messages.unsubscribe({ subject, channel: over, ...(link.messageId === undefined ? {} : { messageId: link.messageId }) }, asked);
      return html(200, language, `<p>${text.done}</p>`);
    }
    const wanted = request.form.get('language');
    let shown: Language = language;
    if (posted && request.form.get('stop') !== null) await messages.unsubscribe({ subject, channel: over }, asked);
    if (posted && (wanted === 'ja' || wanted === 'en')) {
      await consent.setPreference({ subject, language: wanted, at, idempotencyKey: `${key}/language` });
      shown = wanted;
    }
    const { verdicts } = await consent.mayContact({ questions: [{ subject, category: 'marketing', channel: over, at }] });
    return html(200, shown, preferencesBody(shown, verdicts[0]?.kind === 'allowed', posted));
  };
}

function preferencesBody(language: Language, receiving: boolean, saved: boolean): string {
  const text = TEXT[language];
  const option = (value: Language, name: string): string =>
    `<option value="${value}"${value === language ? ' selected' : ''}>${name}</option>`;
  return `${saved ? `<p role="status">${text.saved}</p>` : ''}
<p>${receiving ? text.receiving : text.notReceiving}</p>
${receiving ? form('', '<input type="hidden" name="stop" value="1">', text.button) : ''}
${form('', `<label>${text.language} <select name="language">${option('ja', '日本語')}${option('en', 'English')}</select></label>`, text.save)}`;
}

function form(lead: string, fields: string, button: string): string {
  return `${lead === '' ? '' : `<p>${escapeHtml(lead)}</p>`}<form method="post">${fields}<button type="submit">${escapeHtml(button)}</button></form>`;
}

function html(status: number, language: Language, body: string): PageResponse {
  const { title } = TEXT[language];
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-language': language,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    },
    body: `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}</style></head>
<body><main><h1>${title}</h1>
${body}
</main></body></html>
`,
  };
}
