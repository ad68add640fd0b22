import { isMessageType, type RawMessage } from '@checkout/contracts';
import type { NewDeadLetter } from '@checkout/event-log';
import type { Logger, Metrics } from '@checkout/runtime';
import type { ConsumeMessage } from 'amqplib';
import { deadLetterAddress } from '../broker/groups.ts';
import { encodeMessage } from '../broker/wire.ts';
import type { CopyDeadLetter } from '../consumer.ts';
import type { Copy, RabbitmqPublisher } from './publisher.ts';
import { deadLetterExchange } from './topology.ts';

export type DeadLetterCopies = {
  readonly copy: CopyDeadLetter;
  /** Waits for the copies that are on their way. */
  close(): Promise<void>;
};

export type DeadLetterCopiesDeps = {
  readonly publisher: Pick<RabbitmqPublisher, 'copy'>;
  readonly prefix: string;
  /** What a message in hand was read from. */
  readonly originOf: (group: string, messageId: string) => ConsumeMessage | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics;
};

/** With more on their way, copies are given up: the rows of the database are what counts. */
const maxCopiesOnTheirWay = 100;

/**
 * Copies of dead letters in the queues `<topic>.<group>.dlt`, with the headers that Spring AMQP gives them, so that its tools
 * can show them. Nobody waits for them, nobody reads them back, and one that fails is counted and given up.
 */
export function createDeadLetterCopies(deps: DeadLetterCopiesDeps): DeadLetterCopies {
  const { publisher, prefix, originOf, logger } = deps;
  const failures = deps.metrics.counter({
    name: 'dead_letter_copies_failed_total',
    help: 'Copies of dead letters that did not reach the broker.',
    labels: ['group'],
  });
  const onTheirWay = new Set<Promise<void>>();

  const giveUp = ({ group, messageId, topic }: NewDeadLetter, error: Error) => {
    failures.add({ group });
    logger.warn('a dead letter was not copied to the broker', { group, messageId, topic, err: error });
  };

  return {
    copy(letter) {
      if (onTheirWay.size >= maxCopiesOnTheirWay) {
        giveUp(letter, new Error(`${maxCopiesOnTheirWay} copies are on their way`));
        return;
      }
      const { group, topic, messageId } = letter;
      const record = copyOf(letter, originOf(group, messageId));
      const sent = publisher
        .copy(deadLetterExchange(prefix), deadLetterAddress(prefix, topic, group), record)
        .catch((error: Error) => giveUp(letter, error))
        .finally(() => onTheirWay.delete(sent));
      onTheirWay.add(sent);
    },
    async close() {
      await Promise.all(onTheirWay);
    },
  };
}

function copyOf(letter: NewDeadLetter, origin: ConsumeMessage | undefined): Copy {
  const { reason, detail, group, topic } = letter;
  const { value, headers } = originalOf(letter, origin);
  return {
    value,
    headers: {
      ...headers,
      'x-exception-message': `${reason}: ${detail}`.toWellFormed().slice(0, maxDetailCharacters),
      'x-original-exchange': origin?.fields.exchange ?? topic,
      ...(origin && { 'x-original-routingKey': origin.fields.routingKey }),
      'x-original-group': group,
    },
  };
}

/** A table of headers has room for 64 KiB. */
const maxDetailCharacters = 4_096;

function originalOf({ type, message }: NewDeadLetter, origin: ConsumeMessage | undefined): Copy {
  if (origin !== undefined) return { value: origin.content, headers: origin.properties.headers ?? {} };
  if (isMessageType(type)) return encodeMessage(message as RawMessage);
  return { value: Buffer.from(JSON.stringify(message), 'utf8'), headers: {} };
}
