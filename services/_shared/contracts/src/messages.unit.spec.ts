import { describe, expect, it } from 'vitest';
import { isMessageType, messages, type MessageType, producerOf, services, type Topic, topicOf } from './index.ts';

const types = Object.keys(messages) as MessageType[];
const topics = new Set(types.map(topicOf));

describe('the contracts', () => {
  it('keep the order of the services: it is part of every packed message id', () => {
    expect(services).toEqual(['order', 'orchestrator', 'antifraud', 'payment', 'shipping']);
  });

  it.each(types)('%s goes on a topic of its producer, or is a command of the saga', (type) => {
    const { producer, topic } = messages[type];
    const [prefix, service, kind] = topic.split('.');
    expect(prefix).toBe('checkout');
    expect(services).toContain(service);
    if (kind === 'events') expect(service).toBe(producer);
    else expect([kind, producer]).toEqual(['commands', 'orchestrator']);
  });

  it('give every topic one producer, so that a topic is a view of one log', () => {
    for (const type of types) expect(producerOf(topicOf(type))).toBe(messages[type].producer);
  });

  it('have a topic of events for every service that others listen to, and a topic of commands for every participant', () => {
    expect([...topics].toSorted()).toEqual([
      'checkout.antifraud.commands',
      'checkout.antifraud.events',
      'checkout.order.commands',
      'checkout.order.events',
      'checkout.payment.commands',
      'checkout.payment.events',
      'checkout.shipping.commands',
      'checkout.shipping.events',
    ]);
  });

  it('know no producer of a topic that nothing is sent on', () => {
    expect(() => producerOf('checkout.orchestrator.events')).toThrow('no message is sent on');
    expect(() => producerOf('checkout.billing.events' as Topic)).toThrow('no message is sent on');
  });

  it.each(['', 'ordercreated', 'Noted', '__proto__', 'toString', 'constructor'])('know no message %j', (type) => {
    expect(isMessageType(type)).toBe(false);
  });

  it('know their own messages', () => {
    expect(types.every(isMessageType)).toBe(true);
  });
});
