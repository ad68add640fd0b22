/** Prefix ranges of the card networks with the lengths that they issue (ISO/IEC 7812 issuer identification numbers). */
const networks: readonly { readonly from: string; readonly to: string; readonly lengths: readonly number[] }[] = [
  { from: '4', to: '4', lengths: [16, 18, 19] }, // Visa
  { from: '51', to: '55', lengths: [16] }, // Mastercard
  { from: '2221', to: '2720', lengths: [16] }, // Mastercard
  { from: '34', to: '34', lengths: [15] }, // American Express
  { from: '37', to: '37', lengths: [15] }, // American Express
  { from: '300', to: '305', lengths: [14, 16, 17, 18, 19] }, // Diners Club
  { from: '36', to: '36', lengths: [14, 15, 16, 17, 18, 19] }, // Diners Club
  { from: '38', to: '39', lengths: [14, 16, 17, 18, 19] }, // Diners Club
  { from: '6011', to: '6011', lengths: [16, 17, 18, 19] }, // Discover
  { from: '644', to: '649', lengths: [16, 17, 18, 19] }, // Discover
  { from: '65', to: '65', lengths: [16, 17, 18, 19] }, // Discover
  { from: '3528', to: '3589', lengths: [16, 17, 18, 19] }, // JCB
  { from: '62', to: '62', lengths: [16, 17, 18, 19] }, // UnionPay
  { from: '81', to: '81', lengths: [16, 17, 18, 19] }, // UnionPay
  { from: '5018', to: '5018', lengths: [14, 15, 16, 17, 18, 19] }, // Maestro
  { from: '5020', to: '5020', lengths: [14, 15, 16, 17, 18, 19] }, // Maestro
  { from: '5038', to: '5038', lengths: [14, 15, 16, 17, 18, 19] }, // Maestro
  { from: '5893', to: '5893', lengths: [14, 15, 16, 17, 18, 19] }, // Maestro
  { from: '6304', to: '6304', lengths: [14, 15, 16, 17, 18, 19] }, // Maestro
  { from: '6759', to: '6759', lengths: [14, 15, 16, 17, 18, 19] }, // Maestro
  { from: '6761', to: '6763', lengths: [14, 15, 16, 17, 18, 19] }, // Maestro
  { from: '2200', to: '2204', lengths: [16, 17, 18, 19] }, // Mir
];

const minDigits = 14;
const maxDigits = 19;

/**
 * Whether a text holds what can be a card number: 14 to 19 digits, single spaces or dashes between them, of a network's
 * prefix and length, with a valid check digit. 13 digits are none: a plain check-digit rule would refuse a tenth of all
 * EAN-13 product codes.
 */
export function findCardNumber(text: string): boolean {
  for (const [run] of text.matchAll(/\d+(?:[ -]\d+)*/g)) {
    const groups = run.split(/[ -]/);
    for (let start = 0; start < groups.length; start += 1) {
      let digits = '';
      for (let end = start; end < groups.length && digits.length < maxDigits; end += 1) {
        digits += groups[end];
        if (isCardNumber(digits)) return true;
      }
    }
  }
  return false;
}

function isCardNumber(digits: string): boolean {
  if (digits.length < minDigits || digits.length > maxDigits) return false;
  const known = networks.some(({ from, to, lengths }) => {
    const prefix = digits.slice(0, from.length);
    return prefix >= from && prefix <= to && lengths.includes(digits.length);
  });
  return known && passesLuhn(digits);
}

/** ISO/IEC 7812-1, annex B. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
