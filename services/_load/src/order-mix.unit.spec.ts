import { expect, test } from 'vitest';
import { isOfRun, planOrder } from './order-mix.ts';

const plansOf = (seed: number, count: number, runId = 'r1') =>
  Array.from({ length: count }, (_, index) => planOrder({ seed, runId, index }));

test('the same seed gives the same orders under other keys', () => {
  const [first, second] = [plansOf(7, 100, 'r1'), plansOf(7, 100, 'r2')];
  const mix = (plans: typeof first) => plans.map(({ scenario, body }) => [scenario, body['currency'], body['items']]);

  expect(mix(first)).toEqual(mix(second));
  expect(new Set([...first, ...second].map(({ idempotencyKey }) => idempotencyKey)).size).toBe(200);
});

test('another seed gives other orders', () => {
  expect(plansOf(1, 20).map(({ body }) => body['items'])).not.toEqual(plansOf(2, 20).map(({ body }) => body['items']));
});

test('a few hundred orders meet every scenario, in the planned shares', () => {
  const counts = Map.groupBy(plansOf(3, 1_000), ({ scenario }) => scenario);

  expect(counts.size).toBe(10);
  expect(counts.get('approved')?.length).toBeGreaterThan(780);
  expect(counts.get('approved')?.length).toBeLessThan(800);
  expect(counts.get('declined')?.length).toBeGreaterThan(35);
  expect(new Set(plansOf(3, 200).map(({ scenario }) => scenario)).size).toBe(10);
});

test('each order has a user of its own, who says which run it is of', () => {
  const plans = plansOf(1, 500);

  expect(new Set(plans.map(({ userId }) => userId)).size).toBe(500);
  expect(plans.every(({ userId }) => isOfRun(userId, 'r1'))).toBe(true);
  expect(isOfRun('demo-r11-5', 'r1')).toBe(false);
});
