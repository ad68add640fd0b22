export type { Message, RawMessage } from './envelope.ts';
export { readMessage } from './envelope.ts';
export type { MessagePlace } from './message-id.ts';
export { causeOfMessage, formatMessageId } from './message-id.ts';
export type { MessageData, MessageType, Outgoing, ServiceName, Topic } from './messages.ts';
export { isMessageType, messages, producerOf, services, topicOf } from './messages.ts';
export type { Failure, FailureCode, OrderItem, ShippingAddress } from './values.ts';
export { failureCodes, failureSchema, orderItemSchema, shippingAddressSchema } from './values.ts';
