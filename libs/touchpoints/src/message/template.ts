import { accept, type Decider, refuse } from '@tsunagari/command';
import { refusal, templatePublished, type Fact, type TemplatePublished } from '@tsunagari/contracts';

export type PublishTemplate = { readonly kind: 'PublishTemplate' } & Omit<TemplatePublished, 'templateVersion'>;

/** The versions of a template, oldest first. */
export type TemplateState = readonly TemplatePublished[];

const PLACE = /\{\{\s*([A-Za-z][A-Za-z0-9_]*)\s*\}\}/g;

/** Every publication is a new version; both languages leave open the same places, so that nobody gets half a message. */
export const templateDecider: Decider<PublishTemplate, TemplateState> = {
  initial: [],
  evolve: (state, fact: Fact) => (fact.type === templatePublished.type ? [...state, fact.data as TemplatePublished] : state),
  decide({ kind: _, ...template }, state) {
    const [ja, en] = [placesOf(template, 'ja'), placesOf(template, 'en')];
    const odd = [...ja, ...en].find((place) => !ja.has(place) || !en.has(place));
    if (odd !== undefined)
      return refuse(
        refusal(
          'TEMPLATE_INCOMPLETE',
          'text',
          `both languages leave open the same places: {{${odd}}} stands in one only`,
          'add it to the other',
        ),
      );
    return accept({ definition: templatePublished, subject: null, data: { ...template, templateVersion: state.length + 1 } });
  },
};

export type Rendered = { readonly subject: string; readonly text: string; readonly html?: string };

type Text = Pick<TemplatePublished, 'subject' | 'text'> & { readonly html?: TemplatePublished['html'] | undefined };

/** The places of a template in one language. */
export function placesOf(template: Text, language: 'ja' | 'en'): ReadonlySet<string> {
  const text = [template.subject[language], template.text[language], template.html?.[language] ?? ''].join('\n');
  return new Set([...text.matchAll(PLACE)].flatMap(([, place]) => place ?? []));
}

/** The message in one language; the first place without a value is named. Values are escaped where the text is HTML. */
export function render(
  template: Text,
  language: 'ja' | 'en',
  values: Readonly<Record<string, string>>,
): { readonly kind: 'rendered'; readonly message: Rendered } | { readonly kind: 'missing'; readonly place: string } {
  const missing = [...placesOf(template, language)].find((place) => values[place] === undefined);
  if (missing !== undefined) return { kind: 'missing', place: missing };
  const filled = (text: string, escape = (value: string) => value): string =>
    text.replaceAll(PLACE, (_, place: string) => escape(values[place] ?? ''));
  // A line break in a subject would be a header of the caller's choice.
  const subject = filled(template.subject[language]).replaceAll(/[\r\n]+/g, ' ');
  const html = template.html && filled(template.html[language], escapeHtml);
  return { kind: 'rendered', message: { subject, text: filled(template.text[language]), ...(html === undefined ? {} : { html }) } };
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}
