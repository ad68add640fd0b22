import { expect, test } from 'vitest';
import { differencesFrom, goldenOf } from './golden.ts';

const text = (replicas: number) => `
---
kind: Deployment
metadata: { name: order, labels: { a: x, b: y } }
spec: { replicas: ${replicas} }
---
# nothing
`;
const sameInOtherOrder = `
spec: { replicas: 1 }
metadata: { labels: { b: y, a: x }, name: order }
kind: Deployment
`;

test('says of each object of a scenario what it is, whatever the order of its fields', () => {
  const golden = goldenOf([{ chart: 'checkout', scenario: 'dev', text: text(1) }]);
  expect(golden).toMatch(/^dev checkout Deployment\/order [0-9a-f]{12}\n$/);
  expect(goldenOf([{ chart: 'checkout', scenario: 'dev', text: sameInOtherOrder }])).toBe(golden);
});

test('leaves out the charts of which the whole is made', () => {
  expect(goldenOf([{ chart: 'order', scenario: 'dev', text: text(1) }])).toBe('\n');
});

test('names what is gone and what is new', () => {
  const [before, after] = [1, 2].map((replicas) =>
    goldenOf([{ chart: 'checkout', scenario: 'dev', text: text(replicas) }]),
  );
  expect(differencesFrom(before ?? '', before ?? '')).toEqual([]);
  expect(differencesFrom(before ?? '', after ?? '')).toEqual([`- ${before?.trim()}`, `+ ${after?.trim()}`]);
});
