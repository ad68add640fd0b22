import { type Client, sentTo } from '../client.ts';

/** How an order comes to a state that a case can name, as `${state}` or, when it needs one of its own, `${state.1}`. */
const makers: Readonly<Record<string, (client: Client) => Promise<string>>> = {
  async 'in-review'(client) {
    const { id } = await client.place({ userId: 'review-1' });
    await client.sagaIs(id, 'WAITING_REVIEW');
    return id;
  },
  async shipped(client) {
    const { id } = await client.place();
    await client.orderIs(id, 'SHIPPED');
    return id;
  },
  async completed(client) {
    const { id } = await client.place();
    await client.sagaIs(id, 'COMPLETED');
    return id;
  },
  async failed(client) {
    const { id } = await client.place({ paymentToken: 'tok_decline' });
    await client.sagaIs(id, 'COMPENSATED');
    return id;
  },
  async lost(client) {
    const { id } = await client.place(sentTo('99999'));
    await client.sagaIs(id, 'COMPENSATED');
    return id;
  },
  async cancelled(client) {
    const { id } = await client.place({ userId: 'review-1' });
    await client.sagaIs(id, 'WAITING_REVIEW');
    await client.cancel(id);
    await client.sagaIs(id, 'COMPENSATED');
    return id;
  },
  /** Its money cannot be given back: an operator has to act. */
  async stuck(client) {
    const { id } = await client.place({ paymentToken: 'tok_void_fails', ...sentTo('00000') });
    await client.sagaIs(id, 'NEEDS_OPERATOR');
    return id;
  },
};

export type Fixtures = {
  /** Brings about every order that the text names. */
  prepare: (text: string) => Promise<void>;
  valueOf: (name: string) => string;
  ids: () => readonly string[];
};

/** The orders of a run, by the names that the cases use. Each is made once. */
export function createFixtures(client: Client): Fixtures {
  const ids = new Map<string, string>();
  const making = new Map<string, Promise<void>>();
  const makeOnce = (name: string) => {
    const make = makers[name.split('.')[0] ?? ''];
    const made = making.get(name) ?? make?.(client).then((id) => void ids.set(name, id)) ?? Promise.resolve();
    making.set(name, made);
    return made;
  };
  return {
    async prepare(text) {
      const names = [...text.matchAll(/\$\{([a-z][a-z0-9.-]*)\}/g)].map(([, name]) => name ?? '');
      await Promise.all(names.map(makeOnce));
    },
    valueOf(name) {
      const id = ids.get(name);
      if (id === undefined) throw new Error(`nothing is called ${name}`);
      return id;
    },
    ids: () => [...ids.values()],
  };
}
