import { messages } from '@checkout/contracts';
import { expect, it } from 'vitest';
import { platformGroups } from './groups.ts';

it('gives each service its commands, and the saga what the others announce', () => {
  const groups = Object.fromEntries(platformGroups().map(({ group, topics }) => [group, topics]));

  expect(groups).toEqual({
    order: ['checkout.order.commands'],
    orchestrator: [
      'checkout.antifraud.events',
      'checkout.order.events',
      'checkout.payment.events',
      'checkout.shipping.events',
    ],
    antifraud: ['checkout.antifraud.commands'],
    payment: ['checkout.payment.commands'],
    shipping: ['checkout.shipping.commands'],
  });
});

it('leaves no topic unread', () => {
  const read = new Set(platformGroups().flatMap(({ topics }) => topics));

  for (const { topic } of Object.values(messages)) expect(read).toContain(topic);
});
