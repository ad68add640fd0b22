import { describe, expect, it } from 'vitest';
import { checkPlacement, type Placement } from './placement-rules.ts';

const valid: Placement = {
  userId: 'u-1',
  currency: 'EUR',
  items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1999 }],
  paymentToken: 'tok_approve',
  shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
};
const item = { productId: 'sku-1', quantity: 1, unitPrice: 1 };
const faultsOf = (change: Partial<Placement>) =>
  checkPlacement({ ...valid, ...change }).map(({ pointer, code }) => `${pointer} ${code}`);

it('takes a proper order', () => expect(checkPlacement(valid)).toEqual([]));

describe('refuses', () => {
  it.each([
    ['an empty user', { userId: '' }, '/userId blank'],
    ['a blank user', { userId: ' \t' }, '/userId blank'],
    ['a space in front', { userId: ' u' }, '/userId surrounding-space'],
    ['129 characters', { userId: 'u'.repeat(129) }, '/userId too-long'],
    ['a NUL', { userId: 'u\0' }, '/userId control-character'],
    ['a C1 control', { userId: 'u\u0085x' }, '/userId control-character'],
    ['half a surrogate pair', { userId: 'u\ud800' }, '/userId malformed-unicode'],
    ['a lower-case currency', { currency: 'eur' }, '/currency unknown-currency'],
    ['a currency of the past', { currency: 'DEM' }, '/currency unknown-currency'],
    ['no items', { items: [] }, '/items item-count'],
    [
      '201 items',
      { items: Array.from({ length: 201 }, (_, n) => ({ ...item, productId: `p-${n}` })) },
      '/items item-count',
    ],
    ['a product twice', { items: [item, { ...item }] }, '/items/1/productId duplicate-product'],
    ['a quantity of 0', { items: [{ ...item, quantity: 0 }] }, '/items/0/quantity quantity-out-of-range'],
    ['half a piece', { items: [{ ...item, quantity: 0.5 }] }, '/items/0/quantity quantity-out-of-range'],
    ['too many pieces', { items: [{ ...item, quantity: 1_000_001 }] }, '/items/0/quantity quantity-out-of-range'],
    ['a negative price', { items: [{ ...item, unitPrice: -1 }] }, '/items/0/unitPrice price-out-of-range'],
    [
      'a price of 10^12 + 1',
      { items: [{ ...item, unitPrice: 1_000_000_000_001 }] },
      '/items/0/unitPrice price-out-of-range',
    ],
    [
      'a total beyond 2^53 - 1',
      { items: [{ ...item, quantity: 1_000_000, unitPrice: 1_000_000_000_000 }] },
      '/items total-too-large',
    ],
    ['another total', { total: 3997 }, '/total total-mismatch'],
    [
      'a country in words',
      { shippingAddress: { ...valid.shippingAddress, country: 'Germany' } },
      '/shippingAddress/country unknown-country',
    ],
    ['a blank street', { shippingAddress: { ...valid.shippingAddress, line1: ' ' } }, '/shippingAddress/line1 blank'],
    ['a card as token', { paymentToken: '4111 1111 1111 1111' }, '/paymentToken card-number'],
    [
      'a card in an address',
      { shippingAddress: { ...valid.shippingAddress, line2: 'c/o 5500-0055-5555-5559' } },
      '/shippingAddress/line2 card-number',
    ],
  ] as const)('%s', (_name, change, fault) => expect(faultsOf(change as Partial<Placement>)).toEqual([fault]));

  it('everything at once', () => {
    expect(faultsOf({ userId: '', currency: 'x', paymentToken: '' })).toEqual([
      '/userId blank',
      '/currency unknown-currency',
      '/paymentToken blank',
    ]);
  });
});

it('takes the right total', () => expect(faultsOf({ total: 3998 })).toEqual([]));
