/** Digits of an exponent up to which it is calculated with. */
const EXPONENT_DIGITS_MAX = 15;
/** Most numbers are of this form, and are their own shortest one. */
const SHORT_INTEGER = /^-?[1-9]{1,9}$/;

/**
 * Whether two valid JSON texts mean the same: white space, the order of an object's keys, escapes in strings and the way a number is
 * written do not matter. Numbers are compared by their exact decimal value, since as doubles 9007199254740993 and 9007199254740992
 * would be one. Of a key that an object has twice, the last counts.
 *
 * Recursion goes as deep as the texts are nested, which `jsonProblem` bounds.
 */
export function sameJson(left: string, right: string): boolean {
  return left === right || same(parseExactly(left), parseExactly(right));
}

/** What is left once numbers are strings. */
type Tagged = string | boolean | null | readonly Tagged[] | { readonly [key: string]: Tagged };

function same(left: Tagged, right: Tagged): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return left === right;
  if (isList(left) || isList(right)) {
    return (
      isList(left) &&
      isList(right) &&
      left.length === right.length &&
      left.every((item, at) => same(item, right[at] ?? null))
    );
  }
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => sameField(left[key], right[key]));
}

/** A field that one of the two does not have is not the same as one that is null. */
function sameField(left: Tagged | undefined, right: Tagged | undefined): boolean {
  return left !== undefined && right !== undefined && same(left, right);
}

function isList(value: Tagged): value is readonly Tagged[] {
  return Array.isArray(value);
}

/** Parses with every string marked by an `s` before it, and every number a string of its value, marked by an `n`. */
function parseExactly(text: string): Tagged {
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    const start = at;
    if (text[at] === '"') {
      at = endOfString(text, at);
      parts.push('"s', text.slice(start + 1, at));
    } else if (isNumeric(text[at])) {
      while (isNumeric(text[at])) at += 1;
      parts.push('"n', decimalValue(text.slice(start, at)), '"');
    } else {
      while (at < text.length && text[at] !== '"' && !isNumberStart(text[at])) at += 1;
      parts.push(text.slice(start, at));
    }
  }
  return JSON.parse(parts.join(''));
}

/** Where the string that starts at `at` has ended. */
function endOfString(text: string, at: number): number {
  let end = at + 1;
  while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end + 1;
}

function isNumberStart(char: string | undefined): boolean {
  return char === '-' || (char !== undefined && char >= '0' && char <= '9');
}

function isNumeric(char: string | undefined): boolean {
  return isNumberStart(char) || char === '+' || char === '.' || char === 'e' || char === 'E';
}

/** A number as sign, digits without zeros at either end, and power of ten: one text for one value. */
function decimalValue(literal: string): string {
  if (SHORT_INTEGER.test(literal)) return `${literal}e0`;
  const negative = literal.startsWith('-');
  const [mantissa = '', exponent = '0'] = literal.slice(negative ? 1 : 0).split(/[eE]/);
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  let start = 0;
  while (digits[start] === '0') start += 1;
  if (start === digits.length) return '0';
  // Arithmetic with a power of this length would no longer be exact: such numbers are the same where they are written the same.
  if (exponent.length > EXPONENT_DIGITS_MAX) return literal;
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  const power = Number(exponent) - fraction.length + (digits.length - end);
  return `${negative ? '-' : ''}${digits.slice(start, end)}e${power}`;
}
