/** What a token may allow, with what it means to people. */
export const scopes = {
  'orders:read': 'Read one’s own orders.',
  'orders:write': 'Place and cancel one’s own orders.',
  'orders:place-for':
    'Place orders for other users, at prices that the caller sends: for a cart service that is trusted.',
  ops: 'Operate: sagas, reviews, ledgers, dead letters, logs; and reach other users’ orders by the scopes above.',
} as const;

export type Scope = keyof typeof scopes;

/** Who may use a route: everybody, or who holds all these scopes. */
export type Access = 'public' | Scope | readonly [Scope, Scope, ...Scope[]];

export function scopesOf(access: Access): readonly Scope[] {
  if (access === 'public') return [];
  return typeof access === 'string' ? [access] : access;
}
