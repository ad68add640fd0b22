import { Agent } from 'node:http';
import type { Platform } from '../platform.ts';
import { type Answer, codesIn, complaintsAbout, leaks } from './answer.ts';
import type { Fixtures } from './fixtures.ts';
import { ask, maxAnswerMs, sendableOf, type World } from './http-case.ts';
import type { CorpusClass, HttpCase, HttpStep, RawCase, WrittenRequest, WrittenToken } from './notation.ts';
import { converse } from './raw-case.ts';
import type { Tally } from './tally.ts';

/** Asks the cases of the classes that go over HTTP, one after the other, of one platform. */
export type Runner = {
  /** What is wrong, a line for each case that fails. */
  run: (one: Extract<CorpusClass, { kind: 'http' | 'raw' }>) => Promise<readonly string[]>;
  /** Of the orders that were accepted. */
  accepted: () => ReadonlySet<string>;
  /** Every code of every problem. */
  codes: () => ReadonlySet<string>;
  close: () => void;
};

/** @param tokenOf makes the tokens of a platform that asks for some */
export function createRunner(
  platform: Platform,
  fixtures: Fixtures,
  tally: Tally,
  tokenOf: (written: WrittenToken) => string = () => '',
): Runner {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const accepted = new Set<string>();
  const codes = new Set<string>();

  /** What `${name}` means in the steps of one case. */
  const worldOfCase = () => {
    const key = crypto.randomUUID();
    let lastId = '';
    const world: World = {
      addressOf: platform.client.addresses.of,
      agent,
      tokenOf,
      webhookSecrets: { ...platform.webhookSecrets(), other: 'a secret that nobody shares with us' },
      valueOf(name) {
        if (name === 'fresh') return crypto.randomUUID();
        if (name === 'key') return key;
        if (name === 'last.id') return lastId;
        if (name === 'never') return '0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01';
        return fixtures.valueOf(name);
      },
    };
    const note = (answer: Answer) => {
      for (const code of codesIn(answer.text)) codes.add(code);
      const id = /^\/v1\/orders\/(.+)$/.exec(answer.headers['location'] ?? '')?.[1];
      if (answer.status !== 201 || id === undefined) return;
      lastId = id;
      accepted.add(id);
    };
    return { world, note };
  };

  const takeStep = async (base: WrittenRequest, step: HttpStep, { world, note }: ReturnType<typeof worldOfCase>) => {
    const { expect, ...request } = step;
    const sendable = sendableOf(base, request, world);
    const answer = await ask(sendable, world, { leavesStream: expect.stream });
    note(answer);
    const sent = `${sendable.path} ${sendable.body?.toString('utf8') ?? ''}`;
    return { answer, complaints: complaintsAbout(answer, expect, sent) };
  };

  const runHttp = async (className: string, base: WrittenRequest, { name, steps }: HttpCase) => {
    const mine = worldOfCase();
    tally.count(className);
    for (const [index, step] of steps.entries()) {
      try {
        const { answer, complaints } = await takeStep(base, step, mine);
        const again = async () => (await takeStep(base, step, mine)).answer.ms;
        const slow = await slowness(answer.ms, again);
        tally.answered(className, name, { ms: answer.ms, status: answer.status, expected: step.expect.status });
        const all = [...complaints, ...slow];
        if (all.length > 0) return [`${name}${steps.length > 1 ? ` (step ${index + 1})` : ''}: ${all.join('; ')}`];
      } catch (error) {
        return [`${name}: no answer: ${String(error)}`];
      }
    }
    return [];
  };

  const runRaw = async (className: string, one: RawCase) => {
    tally.count(className);
    const url = platform.client.addresses.of('');
    const said = await converse(url, one);
    const slow = await slowness(said.ms, async () => (await converse(url, one)).ms);
    for (const [, id] of said.text.matchAll(/^location: \/v1\/orders\/(\S+)/gim)) accepted.add(id ?? '');
    const statuses = said.statuses.join(', ');
    const wanted = one.expect.statuses.join(', ');
    tally.answered(className, one.name, {
      ms: said.ms,
      status: said.statuses.at(-1) ?? 0,
      expected: one.expect.statuses.at(-1) ?? 0,
    });
    // Who leaves may miss an answer.
    const isWanted = one.leaves ? wanted.startsWith(statuses) : statuses === wanted;
    const complaints = [
      ...(isWanted ? [] : [`answered [${statuses}], not [${wanted}]`]),
      ...(said.closed === one.expect.closes ? [] : [said.closed ? 'it was closed' : 'it was not closed']),
      ...leaks(said.text, one.send.join('')),
      ...slow,
    ];
    return complaints.length === 0 ? [] : [`${one.name}: ${complaints.join('; ')}`];
  };

  return {
    async run(one) {
      await fixtures.prepare(JSON.stringify(one));
      const complaints: string[] = [];
      if (one.kind === 'raw') for (const each of one.cases) complaints.push(...(await runRaw(one.class, each)));
      else for (const each of one.cases) complaints.push(...(await runHttp(one.class, one.base, each)));
      return complaints;
    },
    accepted: () => accepted,
    codes: () => codes,
    close: () => agent.destroy(),
  };
}

/** A machine that hesitated once is no fault of the platform; one that hesitates twice at the same request may be. */
async function slowness(ms: number, again: () => Promise<number>): Promise<readonly string[]> {
  if (ms <= maxAnswerMs) return [];
  const secondMs = await again();
  return secondMs <= maxAnswerMs ? [] : [`it took ${Math.round(ms)} ms, and ${Math.round(secondMs)} ms when repeated`];
}
