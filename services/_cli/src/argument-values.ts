/** @throws Error in one sentence, when the text is not a whole number in the range */
export function wholeNumber(
  name: string,
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new Error(`${name} ${JSON.stringify(text)} is not a whole number from ${min} to ${max}`);
}

/** Node explains an unknown option in several sentences; the first says which it is. */
export function firstSentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split(/\.\s/, 1)[0]?.replace(/\.$/, '') ?? message;
}
