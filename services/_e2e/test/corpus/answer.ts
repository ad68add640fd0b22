import type { Expected } from './notation.ts';

/** What came back, before anybody looked at it. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  readonly ms: number;
};

/** What is wrong with an answer, one line each; none is a good answer. `sent` is what the client wrote itself. */
export function complaintsAbout(answer: Answer, expected: Expected, sent: string): readonly string[] {
  const { status, headers, text } = answer;
  if (status !== expected.status) return [`answered ${status}, not ${expected.status}: ${text.slice(0, 400)}`];
  return [
    ...leaks(text, sent),
    ...(expected.bare ? bareFaults(answer) : armourFaults(answer)),
    ...(expected.bare || status < 400 ? [] : problemFaults(answer, expected)),
    ...Object.entries(expected.headers ?? {}).flatMap(([name, value]) =>
      headers[name] === value ? [] : [`${name} is ${headers[name]}, not ${value}`],
    ),
    ...(expected.absent ?? []).flatMap((name) => (headers[name] === undefined ? [] : [`${name}: ${headers[name]}`])),
    ...(expected.json === undefined ? [] : partFaults(JSON.parse(text), expected.json)),
    ...(expected.lacks !== undefined && text.includes(expected.lacks) ? [`it repeats ${expected.lacks}`] : []),
  ];
}

/** What only the inside of a process knows. */
const inside: readonly RegExp[] = [
  /\n\s+at /,
  /\bat \S+ \(/,
  /node:internal|node_modules|file:\/\//,
  /\/(?:services|src|tmp|home|root|usr)\//,
  /\.(?:ts|mjs|js|db):\d/,
  /\b(?:SQLITE|ZodError|TypeError|RangeError|SyntaxError|ReferenceError|ERR_[A-Z])/,
  /\b(?:SELECT .* FROM|INSERT INTO|UPDATE .* SET|UNIQUE constraint|no such column)\b/,
];

export function leaks(text: string, sent: string): readonly string[] {
  return inside.flatMap((pattern) => {
    const found = pattern.exec(text)?.[0];
    return found === undefined || sent.includes(found) ? [] : [`it shows the inside: ${JSON.stringify(found)}`];
  });
}

function bareFaults({ text }: Answer): readonly string[] {
  return text === '' ? [] : [`a bare answer has a body: ${text.slice(0, 200)}`];
}

function armourFaults({ headers }: Answer): readonly string[] {
  const faults = [];
  if (headers['x-content-type-options'] !== 'nosniff') faults.push('it has no X-Content-Type-Options');
  if (headers['content-security-policy'] === undefined) faults.push('it has no Content-Security-Policy');
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(headers['x-request-id'] ?? '')) faults.push('it has no sane X-Request-Id');
  return faults;
}

type Problem = Readonly<Record<string, unknown>> & {
  readonly errors?: readonly { readonly pointer: string; readonly code: string; readonly detail: string }[];
};

const textFields = ['type', 'title', 'detail', 'instance', 'code', 'requestId'];
const knownFields: ReadonlySet<string> = new Set([...textFields, 'status', 'errors']);

/** RFC 9457 with the platform's own fields, and nothing else. */
function problemFaults({ status, headers, text }: Answer, { code, faults }: Expected): readonly string[] {
  if (headers['content-type'] !== 'application/problem+json') return [`it is ${headers['content-type']}, no problem`];
  // The answer to HEAD.
  if (text === '') return [];
  const problem = JSON.parse(text) as Problem;
  const complaints = textFields
    .filter((field) => typeof problem[field] !== 'string' || problem[field] === '')
    .map((field) => `the problem has no ${field}`);
  for (const field of Object.keys(problem)) if (!knownFields.has(field)) complaints.push(`it has a field ${field}`);
  if (problem['status'] !== status) complaints.push(`the problem says ${String(problem['status'])}`);
  if (problem['type'] !== `/docs/errors#${String(problem['code'])}`) complaints.push('its type does not fit its code');
  if (problem['requestId'] !== headers['x-request-id']) complaints.push('requestId and X-Request-Id differ');
  if (problem['code'] !== code) complaints.push(`its code is ${String(problem['code'])}, not ${code}`);
  if (faults !== undefined) {
    const found = (problem.errors ?? []).map((fault) => `${fault.pointer} ${fault.code}`).toSorted();
    const wanted = faults.map(([pointer, rule]) => `${pointer} ${rule}`).toSorted();
    if (found.join() !== wanted.join()) complaints.push(`it names [${found.join(', ')}], not [${wanted.join(', ')}]`);
  }
  return complaints;
}

/** The codes that an answer uses, for the page that has to explain them. */
export function codesIn(text: string): readonly string[] {
  if (!text.startsWith('{"type":"/docs/errors#')) return [];
  const { code, errors = [] } = JSON.parse(text) as Problem;
  return [String(code), ...errors.map((fault) => fault.code)];
}

function partFaults(body: unknown, part: Readonly<Record<string, unknown>>): readonly string[] {
  const whole = body as Readonly<Record<string, unknown>>;
  return Object.entries(part).flatMap(([name, value]) =>
    JSON.stringify(whole[name]) === JSON.stringify(value) ? [] : [`${name} is ${JSON.stringify(whole[name])}`],
  );
}
