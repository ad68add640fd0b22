import { format, raw, type SqlValue } from 'mysql2';

/** What may stand in a statement. A list becomes `a, b`, a list of lists `(a, b), (c, d)`. */
export type SqlPart = null | number | string | Buffer | SqlExpression | readonly SqlPart[];

/** Of code, never of input: it stands in the statement as it is. */
export type SqlExpression = ReturnType<typeof raw>;
export const sqlExpression = (text: string): SqlExpression => raw(text);

/** A statement with its values in it, escaped: one text, because several statements travel in one round trip. */
export function sqlText(sql: string, values: readonly SqlPart[]): string {
  return format(sql, values as SqlValue[]);
}
