import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { expect, it } from 'vitest';
import { createMessageBuilder } from '../testing/messages.builder.ts';
import { labelOf } from '../testing/tally.fixture.ts';
import { wavesOf } from './publisher.ts';

it('sends one message of each order at a time, in the order of each', () => {
  const build = createMessageBuilder(testIdentity.partitions);
  const [one, other] = [anOrder(0, 1), anOrder(0, 2)];
  const messages = [one, one, other, one, other].map((orderId, attempt) =>
    build('CapturePayment', orderId, { attempt }),
  );

  expect(wavesOf(messages).map((wave) => wave.map(labelOf))).toEqual([['0', '2'], ['1', '4'], ['3']]);
  expect(wavesOf([])).toEqual([]);
});
