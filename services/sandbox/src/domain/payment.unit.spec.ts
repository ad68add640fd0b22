import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Decision } from './answer.ts';
import { authorize, capture, type Payment, refund, voidAuthorization } from './payment.ts';

type Command =
  | { readonly kind: 'authorize' | 'capture' | 'refund'; readonly amount: number; readonly token: string }
  | { readonly kind: 'void' };

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('authorize', 'capture', 'refund'),
    amount: fc.constantFrom(1, 50, 100),
    token: fc.constantFrom('tok_approve', 'tok_approve', 'tok_decline', 'tok_capture_reject'),
  }),
  fc.constant({ kind: 'void' as const }),
);

function decide(payment: Payment | undefined, given: Command): Decision<Payment> {
  if (given.kind === 'void') return voidAuthorization(payment, 'o-1');
  const charge = { reference: 'o-1', amount: given.amount, currency: 'EUR' };
  switch (given.kind) {
    case 'authorize':
      return authorize(payment, { ...charge, token: given.token }, 'id');
    case 'capture':
      return capture(payment, charge, 'id');
    default:
      return refund(payment, charge);
  }
}

const sums = ['authorized', 'captured', 'refunded', 'voided'] as const;

test('whatever is asked, the books stay sound: amounts only grow, nothing is moved that was not held', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30, size: 'max' }), (commands) => {
      let payment: Payment | undefined;
      let isBarred = false;
      for (const given of commands) {
        const { state, answer } = decide(payment, given);
        const next = state ?? payment;
        for (const sum of sums) expect(next?.[sum] ?? 0).toBeGreaterThanOrEqual(payment?.[sum] ?? 0);
        if (next !== undefined) {
          expect(next.authorized - next.captured - next.voided).toBeGreaterThanOrEqual(0);
          expect(next.captured - next.refunded).toBeGreaterThanOrEqual(0);
        }
        // A refusal moves no money, and a tombstone lets nothing be held again.
        if (answer.kind === 'refused')
          expect(sums.map((sum) => next?.[sum] ?? 0)).toEqual(sums.map((sum) => payment?.[sum] ?? 0));
        if (isBarred) expect(next?.authorized ?? 0).toBe(payment?.authorized ?? 0);
        isBarred ||= given.kind === 'void' && answer.kind === 'done';
        payment = next;
      }
    }),
    { numRuns: 1_000 },
  );
});

test('a hold is captured once, even where an earlier hold of another amount is live', () => {
  const ask = (kind: 'authorize' | 'capture', amount: number): Command => ({ kind, amount, token: 'tok_approve' });
  const held = [ask('authorize', 1), ask('authorize', 100), ask('capture', 100)].reduce<Payment | undefined>(
    (payment, given) => decide(payment, given).state ?? payment,
    undefined,
  );
  expect(held).toMatchObject({ authorized: 101, captured: 100 });
  expect(decide(held, ask('capture', 100)).answer).toMatchObject({ kind: 'refused' });
});
