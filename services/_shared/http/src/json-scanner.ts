/** What makes a syntactically valid JSON text unacceptable, and where (a JSON pointer, RFC 6901). */
export type JsonViolation = {
  readonly kind: 'too-deep' | 'too-many-values' | 'duplicate-key' | 'proto-key';
  readonly pointer: string;
};

export type ScannedJson =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'malformed' }
  | ({ readonly kind: 'violated' } & { readonly violation: JsonViolation });

/** How deep a text may nest, and how many commas it may hold: what bounds the number of its values and costs nothing. */
export type ScanLimits = { readonly maxDepth: number; readonly maxCommas: number };

/**
 * Looks for what `JSON.parse` lets through in silence: nesting and values beyond the limits, a key that an object names
 * twice (also spelled with escapes) and `__proto__`. One pass over the text, then, only for a text that violates, a parse
 * that tells whether it is JSON at all. Whether an accepted text is JSON is for the caller's parser to say.
 */
export function scanJson(text: string, limits: ScanLimits): ScannedJson {
  const violation = findViolation(text, limits);
  if (violation === undefined) return { kind: 'accepted' };
  return isJson(text) ? { kind: 'violated', violation } : { kind: 'malformed' };
}

/** A pointer's reference token: `~` and `/` are escaped (RFC 6901, section 3). */
export function pointerToken(token: string): string {
  return `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** An object or array that is open at the current position. */
type Frame = {
  /** `undefined` in an array. */
  readonly keys: Set<string> | undefined;
  key: string;
  index: number;
  isKeyNext: boolean;
};

function findViolation(text: string, { maxDepth, maxCommas }: ScanLimits): JsonViolation | undefined {
  const open: Frame[] = [];
  let commas = 0;
  for (let at = 0; at < text.length; at += 1) {
    const top = open.at(-1);
    switch (text.charCodeAt(at)) {
      case quote: {
        const end = endOfString(text, at);
        if (top?.keys !== undefined && top.isKeyNext) {
          top.key = decodeString(text, at, end);
          top.isKeyNext = false;
          if (top.keys.has(top.key)) return { kind: 'duplicate-key', pointer: pointerOf(open) };
          if (top.key === '__proto__') return { kind: 'proto-key', pointer: pointerOf(open) };
          top.keys.add(top.key);
        }
        at = end;
        break;
      }
      case openBrace:
      case openBracket: {
        if (open.length === maxDepth) return { kind: 'too-deep', pointer: pointerOf(open) };
        const isObject = text.charCodeAt(at) === openBrace;
        open.push({ keys: isObject ? new Set() : undefined, key: '', index: 0, isKeyNext: isObject });
        break;
      }
      case closeBrace:
      case closeBracket:
        open.pop();
        break;
      case comma:
        commas += 1;
        if (commas > maxCommas) return { kind: 'too-many-values', pointer: pointerOf(open) };
        if (top !== undefined) {
          top.index += 1;
          top.isKeyNext = true;
        }
        break;
      default:
    }
  }
  return undefined;
}

/** The position of the closing quote, or the end of a text that has none. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); at < text.length && code !== quote; code = text.charCodeAt(at)) {
    at += code === backslash ? 2 : 1;
  }
  return at;
}

/** Two spellings of one key (`"a"`, `"\u0061"`) must meet; an invalid escape makes the whole text malformed later. */
function decodeString(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  if (!raw.includes('\\')) return raw;
  try {
    return String(JSON.parse(text.slice(start, end + 1)));
  } catch {
    return raw;
  }
}

function pointerOf(open: readonly Frame[]): string {
  return open.map((frame) => pointerToken(frame.keys === undefined ? String(frame.index) : frame.key)).join('');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
