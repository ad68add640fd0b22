import type { CauseId, MessageId } from '@checkout/kernel';
import { type ServiceName, services } from './messages.ts';

/** Where a message stands in its producer's log; `index` 0 is the row's own event, 1, 2, … the messages that it emits. */
export type MessagePlace = {
  readonly service: ServiceName;
  readonly epoch: number;
  readonly partition: number;
  readonly position: number;
  readonly index: number;
};

export function formatMessageId(place: MessagePlace): MessageId {
  return `${place.service}/${place.epoch}/${place.partition}/${place.position}/${place.index}` as MessageId;
}

/**
 * Packs a message id into the 16 bytes of a cause: service (1), epoch (2), partition (2), index (3), position (8), as hex.
 * Two ids never give one cause.
 * @throws Error when the id is not one of ours.
 */
export function causeOfMessage(id: MessageId): CauseId {
  const [service, ...numbers] = id.split('/');
  const code = services.indexOf(service as ServiceName);
  const [epoch = -1, partition = -1, position = -1, index = -1] = numbers.map(Number);
  // Formatting it again refuses what `Number` forgives: blanks, leading zeros, exponents, a sixth part.
  const isOurs =
    code >= 0 && id === formatMessageId({ service: service as ServiceName, epoch, partition, position, index });
  const pack = (value: number, bytes: number) => {
    if (!isOurs || !Number.isSafeInteger(value) || value < 0 || value >= 256 ** bytes) {
      throw new Error(`not a message id: ${JSON.stringify(id)}`);
    }
    return value.toString(16).padStart(bytes * 2, '0');
  };
  return (pack(code + 1, 1) + pack(epoch, 2) + pack(partition, 2) + pack(index, 3) + pack(position, 8)) as CauseId;
}
