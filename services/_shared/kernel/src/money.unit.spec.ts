import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMoney, isCurrency, maxAmountMinor, totalMinor } from './index.ts';

/** Codes of list one that are units of account or funds of a country; runtimes know them less reliably than currencies. */
const fundsCodes = 'BOV CHE CHW CLF COU MXV USN UYI UYW'.split(' ');
/** Currencies of list one that older runtimes do not list. */
const youngCodes = ['VED', 'XAD', 'XCG', 'ZWG'];
/** Withdrawn from list one, each with the year; runtimes keep some of them for years. */
const withdrawnCodes = {
  ANG: 2025,
  BGN: 2026,
  BYR: 2017,
  CUC: 2021,
  EEK: 2011,
  HRK: 2023,
  LTL: 2015,
  LVL: 2014,
  MRO: 2018,
  SLL: 2023,
  STD: 2018,
  VEF: 2018,
  ZMK: 2013,
  ZWL: 2024,
};
/** In list one without a minor unit ("N.A."): metals, baskets, testing. An amount in minor units means nothing for them. */
const codesWithoutMinorUnit = 'XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX'.split(' ');

const everyCode = Array.from({ length: 26 ** 3 }, (_, index) => codeAt(index));

describe('a currency', () => {
  it.each(['EUR', 'USD', 'JPY', 'KWD', 'SLE', 'VES', ...youngCodes, ...fundsCodes])(
    '%s is in the current list',
    (code) => expect(isCurrency(code)).toBe(true),
  );

  it.each([...Object.keys(withdrawnCodes), ...codesWithoutMinorUnit])('%s is not', (code) =>
    expect(isCurrency(code)).toBe(false),
  );

  it.each(['', 'eur', 'EURO', 'EU', ' EUR', 'EUR ', '€', '978', 'toString', '__proto__'])('%j is none', (code) =>
    expect(isCurrency(code)).toBe(false),
  );

  it('is one of 165', () => {
    expect(everyCode.filter(isCurrency)).toHaveLength(165);
  });

  it('differs from what the runtime knows only where it is known to', () => {
    const runtime = new Set(Intl.supportedValuesOf('currency'));
    const onlyOurs = everyCode.filter((code) => isCurrency(code) && !runtime.has(code));
    const onlyRuntime = everyCode.filter((code) => !isCurrency(code) && runtime.has(code));
    expect(onlyOurs.filter((code) => !fundsCodes.includes(code) && !youngCodes.includes(code))).toEqual([]);
    expect(
      onlyRuntime.filter((code) => !Object.hasOwn(withdrawnCodes, code) && !codesWithoutMinorUnit.includes(code)),
    ).toEqual([]);
  });
});

describe('the total of an order', () => {
  const items = fc.array(
    fc.record({ quantity: fc.integer({ min: 1, max: 1_000_000 }), unitPrice: fc.integer({ min: 1, max: 10 ** 12 }) }),
    { maxLength: 200 },
  );

  it('is exact, or absent where it exceeds what JSON readers agree on', () => {
    fc.assert(
      fc.property(items, (lines) => {
        const exact = lines.reduce((sum, line) => sum + BigInt(line.quantity) * BigInt(line.unitPrice), 0n);
        expect(totalMinor(lines)).toBe(exact <= BigInt(maxAmountMinor) ? Number(exact) : undefined);
      }),
    );
  });

  it.each([
    ['nothing', [], 0],
    ['the largest amount', [{ quantity: 1, unitPrice: maxAmountMinor }], maxAmountMinor],
    [
      'one more than the largest amount',
      [
        { quantity: 1, unitPrice: maxAmountMinor },
        { quantity: 1, unitPrice: 1 },
      ],
      undefined,
    ],
    // 94,906,267^2 is 2^53 + 34,298,297, which a float would round without a word.
    ['a product just above the largest amount', [{ quantity: 94_906_267, unitPrice: 94_906_267 }], undefined],
    // 6,361 * 69,431 * 20,394,401 = 2^53 - 1.
    ['a product that is the largest amount', [{ quantity: 6_361 * 69_431, unitPrice: 20_394_401 }], maxAmountMinor],
  ])('of %s', (_what, lines, total) => {
    expect(totalMinor(lines)).toBe(total);
  });
});

describe('an amount for people', () => {
  it.each([
    ['JPY', 0, '0 JPY'],
    ['JPY', 1_999, '1999 JPY'],
    ['EUR', 0, '0.00 EUR'],
    ['EUR', 5, '0.05 EUR'],
    ['EUR', 1_999, '19.99 EUR'],
    ['EUR', -5, '-0.05 EUR'],
    ['KWD', 1, '0.001 KWD'],
    ['KWD', 1_234_567, '1234.567 KWD'],
    ['CLF', 12_345, '1.2345 CLF'],
    ['EUR', maxAmountMinor, '90071992547409.91 EUR'],
  ])('in %s: %i minor units are %s', (currency, amountMinor, text) => {
    expect(formatMoney({ currency, amountMinor })).toBe(text);
  });

  it('loses no digit', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('JPY', 'EUR', 'KWD', 'CLF'),
        fc.integer({ min: -maxAmountMinor, max: maxAmountMinor }),
        (currency, amountMinor) => {
          const [digits] = formatMoney({ currency, amountMinor }).split(' ');
          expect(Number(digits?.replace('.', ''))).toBe(amountMinor);
        },
      ),
    );
  });
});

function codeAt(index: number): string {
  return String.fromCharCode(65 + Math.floor(index / 676), 65 + (Math.floor(index / 26) % 26), 65 + (index % 26));
}
