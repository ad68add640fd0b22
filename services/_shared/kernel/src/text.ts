/** Why a text cannot be used: a code for programs, and one sentence for people. */
export type TextFault = { readonly code: string; readonly detail: string };

/** What is wrong with a name, an id or a note that somebody wrote; `undefined` when nothing is. Card numbers are another rule. */
export function textFault(text: string, maxCharacters: number): TextFault | undefined {
  if (text.trim() === '') return { code: 'blank', detail: 'It must not be empty or only white space.' };
  if (text.length > maxCharacters)
    return { code: 'too-long', detail: `It may have at most ${maxCharacters} characters.` };
  if (!text.isWellFormed()) return { code: 'malformed-unicode', detail: 'It holds half of a surrogate pair.' };
  if (hasControlCharacter(text)) return { code: 'control-character', detail: 'Control characters are not allowed.' };
  if (text.trim() !== text) return { code: 'surrounding-space', detail: 'Remove the white space at its ends.' };
  return undefined;
}

/** U+0000-001F and U+007F-009F. */
function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text);
}
