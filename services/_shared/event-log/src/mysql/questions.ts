import type { SqlRow } from '../sql-rows.ts';
import { type SqlPart, sqlText } from './sql-text.ts';

/** The rows that answer each question of a round trip. */
export type Answers = readonly (readonly SqlRow[])[];
/** Finds a question's own rows among the answers. */
export type ReadAnswer = (answers: Answers) => readonly SqlRow[];

type Questions = {
  readonly texts: readonly string[];
  readonly ask: (sql: string, ...values: readonly SqlPart[]) => ReadAnswer;
  /** Not asked when nobody is concerned, and then there are no rows. */
  readonly askAbout: (items: readonly SqlPart[], sql: string) => ReadAnswer;
};

/** Questions that are sent together. */
export function createQuestions(): Questions {
  const texts: string[] = [];
  const ask = (sql: string, ...values: readonly SqlPart[]): ReadAnswer => {
    const index = texts.push(sqlText(sql, values)) - 1;
    return (answers) => answers[index] ?? [];
  };
  return {
    texts,
    ask,
    askAbout: (items, sql) => (items.length === 0 ? () => [] : ask(sql, items)),
  };
}
