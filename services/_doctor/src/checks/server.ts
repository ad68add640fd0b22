import { faulty, type Finding } from '../finding.ts';

/** Where a server should be. */
export type Address = {
  /** As people call it, and the lines about it. */
  readonly about: string;
  /** Without credentials. */
  readonly host: string;
  /** Whether somebody named it; else it is where `compose.yaml` has it. */
  readonly isNamed: boolean;
  /** The variable that names it. */
  readonly variable: string;
};

/** Of one connection attempt; a check as a whole may take a little longer. */
export const connectTimeoutMs = 3_000;

const absentCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
]);

/** A server that nobody named may be absent: `npm start` needs none. */
export function unreachable({ about, host, isNamed, variable }: Address, error: unknown): Finding {
  const message = messageOf(error);
  if (isNamed) {
    return faulty(about, 'broken', `cannot be used at ${host}: ${message}`, `start it, or mend ${variable}`);
  }
  if (absentCodes.has(codeOf(error))) {
    const mend = `docker compose up -d --wait, or name one by ${variable}; npm start needs none`;
    return faulty(about, 'note', `not running at ${host}, and none is named`, mend);
  }
  return faulty(about, 'warning', `something at ${host} is of no use: ${message}`, `name the right one by ${variable}`);
}

/** Some clients hide the system's error behind their own. */
function codeOf(error: unknown): string {
  const { code, cause, message = '' } = error as { code?: unknown; cause?: unknown; message?: string };
  if (typeof code === 'string' && absentCodes.has(code)) return code;
  if (cause !== undefined && cause !== null) return codeOf(cause);
  return [...absentCodes].find((known) => message.includes(known)) ?? '';
}

function messageOf(error: unknown): string {
  const { message, errors } = error as { message?: string; errors?: readonly Error[] };
  return message || errors?.map((each) => each.message).join(', ') || String(error);
}

const clockWarningMs = 2_000;
const clockBrokenMs = 60_000;

/** A server's clock against this machine's; an answer's way counts half. */
export type ClockReading = {
  /** Unix milliseconds at the server. */
  readonly serverMs: number;
  readonly askedMs: number;
  readonly answeredMs: number;
};

/** Due times and leases go by the server's clock; tokens, webhooks and logs by the machine's. */
export function clockFindings(about: string, { serverMs, askedMs, answeredMs }: ClockReading): readonly Finding[] {
  const offMs = Math.abs(serverMs - (askedMs + answeredMs) / 2);
  const doubtMs = (answeredMs - askedMs) / 2;
  const surelyOffMs = Math.max(0, offMs - doubtMs);
  if (surelyOffMs < clockWarningMs) return [];
  const says = `its clock and this machine’s differ by ${Math.round(surelyOffMs / 1_000)} s`;
  return [faulty(about, surelyOffMs < clockBrokenMs ? 'warning' : 'broken', says, 'set both by a time server (NTP)')];
}

/** The leading numbers of a version: `[8, 4, 3]` of `8.4.3-log`. */
export function isAtLeast(version: string, wanted: readonly [major: number, minor: number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);
}
