/**
 * ISO 4217 list one as of 2026-01-01 with minor-unit exponents: currencies and funds codes. Codes without a minor unit
 * (gold, XDR, XTS) are left out, because an amount in minor units means nothing for them.
 */
const minorUnitExponents: ReadonlyMap<string, number> = new Map(
  Object.entries({
    0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
    2:
      'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW ' +
      'CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF ' +
      'IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK ' +
      'MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP ' +
      'SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG ' +
      'YER ZAR ZMW ZWG',
    3: 'BHD IQD JOD KWD LYD OMR TND',
    4: 'CLF UYW',
  }).flatMap(([exponent, codes]) => codes.split(' ').map((code) => [code, Number(exponent)] as const)),
);

/** An amount in minor units (1999 = 19.99 EUR) of an ISO 4217 currency. `amountMinor` is a safe integer, never a float. */
export type Money = { readonly currency: string; readonly amountMinor: number };

/** The largest amount that the platform handles: 2^53 - 1 minor units, the largest integer that JSON readers agree on. */
export const maxAmountMinor = Number.MAX_SAFE_INTEGER;

export function isCurrency(code: string): boolean {
  return minorUnitExponents.has(code);
}

/** Adds up `quantity * unitPrice`; `undefined` when the exact total exceeds `maxAmountMinor`. */
export function totalMinor(
  items: readonly { readonly quantity: number; readonly unitPrice: number }[],
): number | undefined {
  const total = items.reduce((sum, item) => sum + BigInt(item.quantity) * BigInt(item.unitPrice), 0n);
  return total <= BigInt(maxAmountMinor) ? Number(total) : undefined;
}

/** Formats minor units for people: `formatMoney({currency: 'EUR', amountMinor: 1999})` is `19.99 EUR`. */
export function formatMoney(money: Money): string {
  const exponent = minorUnitExponents.get(money.currency) ?? 2;
  const sign = money.amountMinor < 0 ? '-' : '';
  const digits = Math.abs(money.amountMinor)
    .toString()
    .padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const fraction = exponent === 0 ? '' : `.${digits.slice(digits.length - exponent)}`;
  return `${sign}${whole}${fraction} ${money.currency}`;
}
