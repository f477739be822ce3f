/**
 * SASLprep (RFC 4013) as PostgreSQL applies it to passwords: a password that it forbids is used as it
 * stands.
 */

/** RFC 3454 C.1.2: spaces that become an ordinary space. */
const OTHER_SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g;
/** RFC 3454 B.1: characters that vanish. */
// oxlint-disable-next-line no-misleading-character-class -- code points, not graphemes, are meant
const VANISHING = /[\u00ad\u034f\u1806\u180b-\u180d\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]/g;
/** RFC 3454 C.2 to C.9: controls, private use, surrogates, non-characters, tags and the like. */
const FORBIDDEN =
  // oxlint-disable-next-line no-misleading-character-class -- code points are meant
  /[\u0000-\u001f\u007f-\u009f\u06dd\u070f\u180e\u200c-\u200f\u2028-\u202e\u2060-\u2063\u206a-\u206f\u2ff0-\u2ffb\u0340\u0341\ue000-\uf8ff\ufdd0-\ufdef\ufeff\ufff9-\uffff\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}\u{f0000}-\u{10ffff}]|\p{Cs}/u;

export function saslPrep(password: string): string {
  // Printable ASCII stands for itself.
  if (/^[\x20-\x7e]*$/.test(password)) return password;
  const mapped = password.replace(OTHER_SPACES, ' ').replace(VANISHING, '').normalize('NFKC');
  if (mapped === '' || FORBIDDEN.test(mapped) || mixesDirections(mapped)) return password;
  return mapped;
}

/** RFC 3454 section 6: right-to-left text must begin and end so and hold no left-to-right letter. */
function mixesDirections(text: string): boolean {
  if (!RIGHT_TO_LEFT.test(text)) return false;
  if (LEFT_TO_RIGHT.test(text)) return true;
  const characters = [...text];
  return !(
    RIGHT_TO_LEFT.test(characters[0] as string) &&
    RIGHT_TO_LEFT.test(characters[characters.length - 1] as string)
  );
}

const RIGHT_TO_LEFT =
  /[\u05be\u05c0\u05c3\u05d0-\u05f4\u061b-\u064a\u066d-\u06ef\u06fa-\u07b1\u200f\ufb1d-\ufdfc\ufe70-\ufefc]/;
const LEFT_TO_RIGHT =
  /[A-Za-z]|\p{Script=Latin}|\p{Script=Greek}|\p{Script=Cyrillic}|\p{Script=Han}/u;
