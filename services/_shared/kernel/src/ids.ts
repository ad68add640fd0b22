declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** A lower-case UUIDv7. It is also the id of the order's stream in every service and the key of its messages. */
export type OrderId = Branded<string, 'OrderId'>;

/** `<service>/<epoch>/<partition>/<position>/<index>`: where a message stands in its producer's log. Unique for ever. */
export type MessageId = Branded<string, 'MessageId'>;

/** What made a unit of work happen, as 32 lower-case hex digits (16 bytes). The same cause never acts twice on a stream. */
export type CauseId = Branded<string, 'CauseId'>;

/** The only source of fresh ids for production code. */
export type Ids = {
  /** A new lower-case UUIDv7 (RFC 9562): time-ordered, 74 random bits. */
  uuid(): string;
};

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function isOrderId(text: string): text is OrderId {
  return uuidPattern.test(text);
}

/** @throws Error when the text is not a lower-case UUIDv7: at a boundary, ask `isOrderId` first. */
export function toOrderId(text: string): OrderId {
  if (!isOrderId(text)) throw new Error(`not an order id: ${JSON.stringify(text)}`);
  return text;
}

/** Lays out a UUIDv7 from Unix milliseconds and ten random bytes. */
export function uuidV7(unixMs: number, random: Uint8Array): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(unixMs, 0, 6);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Replaces the last four bytes (eight hex digits) of a UUID: they choose the partition. */
export function withTail(uuid: string, tailHex: string): OrderId {
  return toOrderId(uuid.slice(0, 28) + tailHex);
}

/**
 * The log partition, and the bus partition, of a stream: its last four bytes as an unsigned big-endian number, modulo
 * the number of partitions. Every service and every adapter must agree on it, for ever.
 */
export function partitionOf(orderId: OrderId, partitions: number): number {
  return Number.parseInt(orderId.slice(28), 16) % partitions;
}
