import { z } from 'zod';
import { amountSchema, currencySchema, failureSchema, orderItemSchema, shippingAddressSchema } from './values.ts';

/** Services that own a log. The order fixes each service's byte in a packed message id: append only, never reorder. */
export const services = ['order', 'orchestrator', 'antifraud', 'payment', 'shipping'] as const;
export type ServiceName = (typeof services)[number];

export type Topic = `checkout.${ServiceName}.${'events' | 'commands'}`;

/** Of the release that these sources become: 1 is the first. Raised when a release has been published. */
export const release = 1;

/**
 * Readers first: of two releases that run side by side, the older one must already read what the newer one sends. So a type
 * that came after the first release is read by one release and sent from a later one on.
 */
export type Since = {
  /** The first release that reads the type. */
  readonly readSince: number;
  /** The first release that sends it. */
  readonly writtenSince: number;
};

/** Before the first release nobody ran. */
const firstRelease: Since = { readSince: 1, writtenSince: 1 };

type Contract<Schema extends z.ZodType> = Since & {
  readonly producer: ServiceName;
  readonly topic: Topic;
  readonly schema: Schema;
};

const event = <Schema extends z.ZodType>(
  producer: ServiceName,
  schema: Schema,
  since = firstRelease,
): Contract<Schema> => ({ producer, topic: `checkout.${producer}.events`, schema, ...since });

/** Commands are sent by the saga only, so each command topic has one producer as well. */
const command = <Schema extends z.ZodType>(
  target: ServiceName,
  schema: Schema,
  since = firstRelease,
): Contract<Schema> => ({ producer: 'orchestrator', topic: `checkout.${target}.commands`, schema, ...since });

const nothing = z.object({});
const money = { amount: amountSchema, currency: currencySchema };

/**
 * The number of the saga's try, 1, 2, …. An `…Unavailable` reply repeats it and counts only for that try; a definite
 * reply counts whichever try it answers.
 */
const attempt = { attempt: z.int().min(1) };

/**
 * All that one service may know of another. Readers ignore unknown fields (a tolerant reader), so an optional field may be
 * added; hardly anything else may change, because releases run side by side. `npm run contracts` tells, and so do the tests.
 */
export const messages = {
  OrderCreated: event(
    'order',
    z.object({
      userId: z.string(),
      currency: currencySchema,
      items: z.array(orderItemSchema).min(1),
      total: amountSchema,
      paymentToken: z.string(),
      shippingAddress: shippingAddressSchema,
    }),
  ),
  OrderCancellationRequested: event('order', nothing),
  OrderCancellationRefused: event('order', z.object({ reason: z.string() })),
  OrderPaid: event('order', nothing),
  OrderShipped: event('order', nothing),
  OrderCompleted: event('order', nothing),
  OrderFailed: event('order', z.object({ failure: failureSchema })),
  OrderCancelled: event('order', z.object({ failure: failureSchema })),

  MarkOrderPaid: command('order', nothing),
  MarkOrderShipped: command('order', nothing),
  CompleteOrder: command('order', nothing),
  FailOrder: command('order', z.object({ failure: failureSchema })),
  CancelOrder: command('order', z.object({ failure: failureSchema })),
  RefuseCancellation: command('order', z.object({ reason: z.string() })),

  AssessFraud: command(
    'antifraud',
    z.object({ ...attempt, ...money, userId: z.string(), items: z.array(orderItemSchema) }),
  ),
  /** The order ended while a person still had it on the list: nobody needs to decide any more. */
  WithdrawReview: command('antifraud', nothing),
  FraudCleared: event('antifraud', nothing),
  FraudRejected: event(
    'antifraud',
    z.object({ code: z.enum(['fraud-rejected', 'review-rejected']), detail: z.string() }),
  ),
  FraudReviewRequested: event('antifraud', z.object({ reason: z.string() })),
  FraudUnavailable: event('antifraud', z.object({ ...attempt, reason: z.string() })),

  AuthorizePayment: command('payment', z.object({ ...attempt, ...money, paymentToken: z.string() })),
  CapturePayment: command('payment', z.object({ ...attempt })),
  /**
   * `undo`: make it so that the provider holds no live authorisation and nothing captured. `verify`: only ask whether
   * that is so (an operator says that it was settled by hand).
   */
  ReleasePayment: command('payment', z.object({ ...attempt, mode: z.enum(['undo', 'verify']) })),
  PaymentApproved: event('payment', z.object({ ...money, authorizationId: z.string() })),
  PaymentDeclined: event(
    'payment',
    z.object({
      code: z.enum(['payment-declined', 'insufficient-funds', 'payment-outcome-unknown']),
      detail: z.string(),
    }),
  ),
  PaymentCaptured: event('payment', z.object({ ...money, captureId: z.string() })),
  PaymentCaptureRejected: event('payment', z.object({ detail: z.string() })),
  PaymentReleaseStarted: event('payment', nothing),
  PaymentReleased: event('payment', z.object({ voided: amountSchema, refunded: amountSchema })),
  PaymentUnavailable: event(
    'payment',
    z.object({ ...attempt, operation: z.enum(['authorize', 'capture', 'release']), reason: z.string() }),
  ),

  RequestShipment: command(
    'shipping',
    z.object({ ...attempt, items: z.array(orderItemSchema), shippingAddress: shippingAddressSchema }),
  ),
  DispatchShipment: command('shipping', z.object({ ...attempt })),
  AwaitDelivery: command('shipping', z.object({ ...attempt })),
  CancelShipment: command('shipping', z.object({ ...attempt })),
  ShipmentRequested: event('shipping', z.object({ shipmentId: z.string() })),
  ShipmentRejected: event('shipping', z.object({ detail: z.string() })),
  ShipmentDispatched: event('shipping', nothing),
  /** The carrier refuses for good to take a booked parcel: money is captured, so a person decides. */
  ShipmentDispatchRefused: event('shipping', z.object({ detail: z.string() })),
  ShipmentDelivered: event('shipping', nothing),
  ShipmentCancelled: event('shipping', nothing),
  ShipmentLost: event('shipping', z.object({ detail: z.string() })),
  ShipmentUnavailable: event(
    'shipping',
    z.object({ ...attempt, operation: z.enum(['request', 'dispatch', 'cancel']), reason: z.string() }),
  ),
} as const;

export type MessageType = keyof typeof messages;
export type MessageData<Type extends MessageType> = z.infer<(typeof messages)[Type]['schema']>;

/** A message's type with its data, discriminated on `type`: what a log row sends. */
export type Outgoing<Type extends MessageType = MessageType> = {
  [Each in Type]: { readonly type: Each; readonly data: MessageData<Each> };
}[Type];

export function isMessageType(type: string): type is MessageType {
  return Object.hasOwn(messages, type);
}

/** The topic of a message is a fact of its type: the relay routes by it, the embedded bus filters by it. */
export function topicOf(type: MessageType): Topic {
  return messages[type].topic;
}

/** How a type is called on the wire: `checkout.payment.v1.CapturePayment`. The service is the topic's. */
export function wireTypeOf(type: MessageType): string {
  const topic = topicOf(type);
  return `${topic.slice(0, topic.lastIndexOf('.'))}.v1.${type}`;
}

/** The one service whose log a topic is a view of. */
export function producerOf(topic: Topic): ServiceName {
  const match = Object.values(messages).find((contract) => contract.topic === topic);
  if (match === undefined) throw new Error(`no message is sent on ${topic}`);
  return match.producer;
}
