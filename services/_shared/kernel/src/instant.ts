/** Unix milliseconds as a UTC ISO 8601 instant, `2026-01-01T00:00:00.000Z`. Pure: it reads no clock. */
export function toInstant(unixMs: number): string {
  return new Date(unixMs).toISOString();
}

const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/;

/** Unix milliseconds of an ISO 8601 instant with an explicit zone; `undefined` for anything else. */
export function parseInstant(text: string): number | undefined {
  if (!instantPattern.test(text)) return undefined;
  const unixMs = Date.parse(text);
  return Number.isNaN(unixMs) || !isOnCalendar(text.slice(0, wallTimeCharacters)) ? undefined : unixMs;
}

/** `2026-01-01T00:00:00` */
const wallTimeCharacters = 19;

/** `Date.parse` takes 30 February for 2 March, and 24:00 for the next day. */
function isOnCalendar(wallTime: string): boolean {
  const unixMs = Date.parse(`${wallTime}Z`);
  return !Number.isNaN(unixMs) && toInstant(unixMs).startsWith(wallTime);
}
