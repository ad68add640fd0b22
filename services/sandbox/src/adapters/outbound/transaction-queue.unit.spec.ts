import { DatabaseSync } from 'node:sqlite';
import { createVirtualClock } from '@checkout/kernel/testing';
import { expect, test } from 'vitest';
import { createTransactionQueue } from './transaction-queue.ts';

function setup() {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE note (text TEXT NOT NULL UNIQUE) STRICT');
  const clock = createVirtualClock();
  let turns = 0;
  const queue = createTransactionQueue(database, () => {
    turns += 1;
    return clock.nextTurn();
  });
  const insert = database.prepare('INSERT INTO note VALUES (?)');
  const write = (text: string) => queue.run(() => void insert.run(text));
  const notes = () =>
    database
      .prepare('SELECT text FROM note ORDER BY text')
      .all()
      .map(({ text }) => text);
  return { database, queue, write, notes, turns: () => turns };
}

test('works of one turn share a transaction, in order, each on what the ones before it wrote', async () => {
  const { queue, write, notes, turns } = setup();
  const seen = await Promise.all([write('a'), queue.run(notes), write('b'), queue.run(notes)]);

  expect(seen).toEqual([undefined, ['a'], undefined, ['a', 'b']]);
  expect(turns()).toBe(1);
});

test('a work that fails undoes its own writes and nobody else’s', async () => {
  const { queue, write, notes } = setup();
  const failing = queue.run(() => {
    throw new Error('no');
  });
  const settled = await Promise.allSettled([write('a'), failing, write('a'), write('b')]);

  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect(notes()).toEqual(['a', 'b']);
});

test('what a failing work had written before is gone', async () => {
  const { database, queue, notes } = setup();
  const half = queue.run(() => {
    database.exec("INSERT INTO note VALUES ('half')");
    throw new Error('no');
  });

  await expect(half).rejects.toThrow('no');
  expect(notes()).toEqual([]);
});

test('a commit that fails tells everybody whose work was in it', async () => {
  const { database, queue, write } = setup();
  const sabotage = queue.run(() =>
    database.exec(
      "PRAGMA defer_foreign_keys = ON; CREATE TABLE x (y REFERENCES note(text)); INSERT INTO x VALUES ('nobody')",
    ),
  );
  database.exec('PRAGMA foreign_keys = ON');
  const settled = await Promise.allSettled([write('a'), sabotage]);

  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await queue.run(() => 'goes on')).toBe('goes on');
});
