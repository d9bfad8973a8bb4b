import { textFault } from './canonical-json';
import type { Identifier } from './keyring';

/** The longest identifier that is kept, in UTF-16 code units. */
export const LONGEST_IDENTIFIER = 512;

/**
 * The form in which identifiers are compared: Unicode NFC, white space cut off both ends; e-mail addresses in lower case; phone
 * numbers without spaces, dots, dashes and brackets, a leading 00 as +; card numbers without spaces and dashes. User ids and all
 * others keep their case: systems exist in which `A1` and `a1` are two people. Undefined for what is no identifier: empty, longer
 * than {@link LONGEST_IDENTIFIER}, or text that is not well-formed.
 */
export function normaliseIdentifier({ type, value }: Identifier): string | undefined {
  if (textFault(value) !== undefined) return undefined;
  const trimmed = value.normalize('NFC').trim();
  const normal =
    type === 'email'
      ? trimmed.toLowerCase()
      : type === 'phone'
        ? trimmed.replace(/[\s().\-/]/g, '').replace(/^00/, '+')
        : type === 'card'
          ? trimmed.replace(/[\s-]/g, '')
          : trimmed;
  return normal.length === 0 || normal.length > LONGEST_IDENTIFIER ? undefined : normal;
}
