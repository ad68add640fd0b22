import { type Fault, findCardNumber, isCurrency, maxAmountMinor, textFault, totalMinor } from '@checkout/kernel';
import type { OrderDetails } from './order.ts';

export const maxItems = 200;
export const maxQuantity = 1_000_000;
/** Minor units. */
export const maxUnitPrice = 1_000_000_000_000;
export const maxNameCharacters = 128;
export const maxTokenCharacters = 255;

/** An order as a client sends it; `total` is only compared. */
export type Placement = Omit<OrderDetails, 'total'> & { readonly total?: number | undefined };

/** Every rule that the placement breaks, each with its own code and place; empty when it can be accepted. */
export function checkPlacement(placement: Placement): readonly Fault[] {
  return [
    ...checkName('/userId', placement.userId),
    ...checkCurrency(placement.currency),
    ...checkItems(placement),
    ...checkTotal(placement),
    ...checkToken(placement.paymentToken),
    ...checkAddress(placement.shippingAddress),
    ...checkCardNumbers('', placement),
  ];
}

function checkName(pointer: string, text: string, maxCharacters = maxNameCharacters): readonly Fault[] {
  const fault = textFault(text, maxCharacters);
  return fault === undefined ? [] : [{ pointer, ...fault }];
}

function checkCurrency(currency: string): readonly Fault[] {
  if (isCurrency(currency)) return [];
  const detail = 'It must be a current ISO 4217 code in upper case, such as EUR.';
  return [{ pointer: '/currency', code: 'unknown-currency', detail }];
}

function checkItems({ items }: Placement): readonly Fault[] {
  if (items.length < 1 || items.length > maxItems) {
    return [{ pointer: '/items', code: 'item-count', detail: `An order has 1 to ${maxItems} items.` }];
  }
  const first = new Map<string, number>();
  return items.flatMap((item, index) => {
    const faults = [...checkName(`/items/${index}/productId`, item.productId), ...checkNumbers(item, index)];
    const earlier = first.get(item.productId);
    if (earlier === undefined) {
      first.set(item.productId, index);
      return faults;
    }
    const detail = `Item ${earlier} has the same product: send it once, with the whole quantity.`;
    return [...faults, { pointer: `/items/${index}/productId`, code: 'duplicate-product', detail }];
  });
}

function checkNumbers(item: Placement['items'][number], index: number): readonly Fault[] {
  const faults: Fault[] = [];
  if (!Number.isSafeInteger(item.quantity) || item.quantity < 1 || item.quantity > maxQuantity) {
    const detail = `It must be a whole number from 1 to ${maxQuantity}.`;
    faults.push({ pointer: `/items/${index}/quantity`, code: 'quantity-out-of-range', detail });
  }
  if (!Number.isSafeInteger(item.unitPrice) || item.unitPrice < 1 || item.unitPrice > maxUnitPrice) {
    const detail = `It must be a whole number of minor units from 1 to ${maxUnitPrice}: 1999 is 19.99.`;
    faults.push({ pointer: `/items/${index}/unitPrice`, code: 'price-out-of-range', detail });
  }
  return faults;
}

function checkTotal(placement: Placement): readonly Fault[] {
  if (placement.items.some((item, index) => checkNumbers(item, index).length > 0)) return [];
  const total = totalMinor(placement.items);
  if (total === undefined) {
    return [{ pointer: '/items', code: 'total-too-large', detail: `The total exceeds ${maxAmountMinor} minor units.` }];
  }
  if (placement.total === undefined || placement.total === total) return [];
  return [{ pointer: '/total', code: 'total-mismatch', detail: `The items add up to ${total}.` }];
}

function checkToken(token: string): readonly Fault[] {
  return checkName('/paymentToken', token, maxTokenCharacters);
}

function checkAddress(address: Placement['shippingAddress']): readonly Fault[] {
  const { country, ...lines } = address;
  const faults = Object.entries(lines).flatMap(([name, text]) =>
    text === undefined ? [] : checkName(`/shippingAddress/${name}`, text),
  );
  if (/^[A-Z]{2}$/.test(country)) return faults;
  const detail = 'It must be an ISO 3166-1 alpha-2 code in upper case, such as DE.';
  return [...faults, { pointer: '/shippingAddress/country', code: 'unknown-country', detail }];
}

/** A card number in any text: refused, so that it is neither stored nor logged. */
function checkCardNumbers(pointer: string, value: unknown): readonly Fault[] {
  if (typeof value === 'string') {
    if (!findCardNumber(value)) return [];
    return [{ pointer, code: 'card-number', detail: 'This looks like a card number: send a payment token.' }];
  }
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, inner]) => checkCardNumbers(`${pointer}/${name}`, inner));
}
