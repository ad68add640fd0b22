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
 * @throws Error when the id is not one of ours.
 */
export function causeOfMessage(id: MessageId): CauseId {
  const [service, ...numbers] = id.split('/');
  const code = services.indexOf(service as ServiceName);
  const [epoch, partition, position, index] = numbers.map(Number);
  if (code < 0 || numbers.length !== 4 || numbers.some((text) => !/^\d{1,15}$/.test(text))) {
    throw new Error(`not a message id: ${JSON.stringify(id)}`);
  }
  const hex = (value: number | undefined, bytes: number) => (value ?? 0).toString(16).padStart(bytes * 2, '0');
  return (hex(code + 1, 1) + hex(epoch, 2) + hex(partition, 2) + hex(index, 3) + hex(position, 8)) as CauseId;
}
