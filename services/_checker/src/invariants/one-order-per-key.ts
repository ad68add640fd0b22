import type { Evidence } from '../evidence.ts';
import type { Violation } from '../violation.ts';

/**
 * I2: one key, one order. A second order of a key may have been answered to nobody; it shows as a user with two, because a
 * user places one order with one key.
 */
export function oneOrderPerKey({ acknowledged, orders }: Evidence): readonly Violation[] {
  const distinct = <Item>(items: readonly Item[], of: (item: Item) => string) => [...new Set(items.map(of))];
  const orderIdOf = ({ orderId }: { readonly orderId: string }) => orderId;

  const byKey = [...Map.groupBy(acknowledged, ({ key }) => key)].flatMap(([key, answers]) =>
    surplus('key-placed-twice', `the key ${key}`, distinct(answers, orderIdOf)),
  );
  const byUser = [...Map.groupBy([...acknowledged, ...orders], ({ userId }) => userId)].flatMap(([userId, placed]) =>
    surplus('user-has-two', `the user ${userId}`, distinct(placed, orderIdOf)),
  );
  const shared = [...Map.groupBy(acknowledged, orderIdOf)].flatMap(([orderId, answers]): readonly Violation[] => {
    const keys = distinct(answers, ({ key }) => key);
    if (keys.length === 1) return [];
    return [{ invariant: 'I2', code: 'order-of-two-keys', orderId, detail: `was answered to ${keys.join(', ')}` }];
  });
  return [...byKey, ...byUser, ...shared];
}

function surplus(code: string, owner: string, orderIds: readonly string[]): readonly Violation[] {
  const [first, ...others] = orderIds;
  if (first === undefined || others.length === 0) return [];
  return [{ invariant: 'I2', code, orderId: first, detail: `${owner} also has ${others.join(', ')}` }];
}
