/** One defence of the platform, switched off by changing the source of its modules. */
export type Mutant = {
  readonly name: string;
  /** What the defence is for, and so what goes wrong without it. */
  readonly defence: string;
  readonly changes: readonly Change[];
  /** Why no seed can show it, for a defence that another one stands behind. */
  readonly masked?: string;
  /** It shows so rarely that fewer seeds prove nothing. */
  readonly atLeastSeeds?: number;
};

export type Change = {
  /** Below `services/`. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly replace: string;
  readonly by: string;
};

export const mutants: readonly Mutant[] = [
  {
    name: 'drop-the-inbox',
    defence: 'The same message never acts twice on a stream.',
    changes: [
      {
        file: '_shared/event-log/src/plan-commit.ts',
        replace: `if (recorded.length > 0) return { kind: 'duplicate', rows: recorded };`,
        by: '',
      },
      {
        file: '_shared/messaging/src/work.ts',
        replace: 'const fresh = items.filter((item) => !findings.hasActed(causeKeyOf(item)));',
        by: 'const fresh = items;',
      },
    ],
  },
  {
    name: 'drop-the-second-look-at-the-inbox',
    defence: 'A message that acted while it was decided does not act again.',
    changes: [
      {
        file: '_shared/event-log/src/plan-commit.ts',
        replace: `if (recorded.length > 0) return { kind: 'duplicate', rows: recorded };`,
        by: '',
      },
    ],
  },
  {
    name: 'drop-the-first-look-at-the-inbox',
    defence: 'A message that has acted is not handled again.',
    changes: [
      {
        file: '_shared/messaging/src/work.ts',
        replace: 'const fresh = items.filter((item) => !findings.hasActed(causeKeyOf(item)));',
        by: 'const fresh = items;',
      },
    ],
    masked: 'the check under the lock finds what it recorded',
  },
  {
    name: 'drop-optimistic-concurrency',
    defence: 'A decision on a state that has moved on is decided again.',
    changes: [
      {
        file: '_shared/event-log/src/plan-commit.ts',
        replace: 'setAside.has(streamId) || versionOf(streamId) !== expectedVersion',
        by: 'setAside.has(streamId)',
      },
    ],
  },
  {
    name: 'drop-the-key-check',
    defence: 'One idempotency key places one order.',
    changes: [
      {
        file: '_shared/event-log/src/plan-commit.ts',
        replace: `if (holder) return { kind: 'key-taken', record: holder };`,
        by: '',
      },
    ],
  },
  {
    name: 'offsets-move-past-what-was-set-aside',
    defence: 'An offset moves only with everything that it stands for.',
    changes: [
      {
        file: '_shared/event-log/src/plan-commit.ts',
        replace: `return 'withheld';`,
        by: `{ planned.push(...moves); return 'moved'; }`,
      },
    ],
    masked:
      'what a crash loses then is asked for again: by the silence timer of the saga, or by the order that announces itself',
  },
  {
    name: 'offsets-of-another-instance',
    defence: 'An offset that another instance moved is read again.',
    changes: [
      {
        file: '_shared/event-log/src/plan-commit.ts',
        replace: `if (moves.some((move) => current(move) !== move.from)) return 'stale';`,
        by: '',
      },
    ],
    masked: 'each instance has recorded what it moves past, and what is read once more is dropped by the inbox',
  },
  {
    name: 'unknown-commit-counts-as-made',
    defence: 'A commit without an answer is asked for again.',
    changes: [
      {
        file: '_shared/event-log/src/group-commit.ts',
        replace: `outcomeUnknown ||= result.kind === 'unknown';`,
        by: `if (result.kind === 'unknown') return { ok: true as const, results: requests.map(({ units }) => ({ outcomes: units.map(() => ({ kind: 'appended' as const, rows: [] })), offsets: 'moved' as const })) };
      outcomeUnknown ||= false;`,
      },
    ],
  },
  {
    name: 'unknown-commit-belongs-to-others',
    defence: 'Rows that a lost first try recorded are known as its own.',
    changes: [
      {
        file: '_shared/event-log/src/group-commit.ts',
        replace: 'const results = outcomeUnknown ? claimOwnRows(requests, result.results) : result.results;',
        by: 'const results = result.results;',
      },
    ],
  },
  {
    name: 'a-conflict-keeps-the-old-state',
    defence: 'A state that was overtaken is read anew.',
    changes: [
      {
        file: '_shared/messaging/src/work.ts',
        replace: `      deps.streams.forget([work.orderId]);
      return outcome?.kind`,
        by: '      return outcome?.kind',
      },
    ],
  },
  {
    name: 'a-conflict-counts-as-done',
    defence: 'What was overtaken is decided again.',
    changes: [
      {
        file: '_shared/messaging/src/work.ts',
        replace: `return outcome?.kind === 'duplicate' ? [] : [work];`,
        by: 'return [];',
      },
    ],
  },
  {
    name: 'an-outage-is-poison',
    defence: 'A failure that passes by itself parks nothing.',
    changes: [
      {
        file: '_shared/messaging/src/work.ts',
        replace: 'if (error instanceof UnavailableError) throw error;',
        by: '',
      },
    ],
  },
  {
    name: 'a-newer-type-passes-by',
    defence: 'A message of a type that a newer build sends waits for a build that knows it.',
    changes: [
      {
        file: '_shared/messaging/src/consumer.ts',
        replace: 'throw new TransientError(`message type ${raw.type} is newer than this process`);',
        by: 'return false;',
      },
    ],
  },
  {
    name: 'what-is-unreadable-is-dropped',
    defence: 'A message that cannot be read is kept until somebody can.',
    changes: [
      {
        file: '_shared/messaging/src/consumer.ts',
        replace: 'throw new UnreadableError(detail);',
        by: 'return undefined;',
      },
    ],
  },
  {
    name: 'nothing-waits-behind-a-dead-letter',
    defence: 'What follows a dead letter of the same order waits behind it.',
    changes: [
      {
        file: '_shared/messaging/src/work.ts',
        replace: 'if (group !== undefined && findings.isHeld({ group, orderId })) return fresh.flatMap(held);',
        by: '',
      },
    ],
  },
  {
    name: 'a-redrive-skips-the-handler',
    defence: 'A dead letter is settled by its handling alone.',
    changes: [
      {
        file: '_shared/messaging/src/consumer.ts',
        replace: `await processWork({ log, streams }, { work: [item], offsets: [] });`,
        by: 'item.settles;',
      },
    ],
  },
  {
    name: 'nothing-is-noted',
    defence: 'A message that changes nothing is recorded all the same.',
    changes: [
      {
        file: '_shared/messaging/src/work.ts',
        replace: 'const events = outcome.events.length > 0 ? outcome.events : [{ type: notedType, data: {} }];',
        by: `const { events } = outcome;
      if (events.length === 0) return undefined;`,
      },
    ],
  },
  {
    name: 'an-unrecorded-read-counts',
    defence: 'What was read and not recorded is read again.',
    changes: [
      {
        file: '_shared/messaging/src/embedded/embedded-bus.ts',
        replace: `        rewind(partition);
`,
        by: `        producers.forEach((_, index) => {
          const place = placeOf(index, partition);
          place.recorded = place.lookedAt;
        });
`,
      },
    ],
  },
  {
    name: 'no-fallback-poll',
    defence: 'Rows of which no wake-up told are looked for.',
    changes: [
      {
        file: '_shared/messaging/src/embedded/embedded-bus.ts',
        replace: 'polling = pollAsFallback();',
        by: '',
      },
    ],
  },
  {
    name: 'the-cursor-before-the-broker',
    defence: 'The cursor moves behind the acknowledgement.',
    changes: [
      {
        file: '_shared/messaging/src/relay.ts',
        replace: `      work.askedAt = clock.monotonic();
`,
        by: `      work.position = last.position;
      await note();
`,
      },
    ],
  },
  {
    name: 'a-failed-publication-counts',
    defence: 'What the broker did not acknowledge is published again.',
    changes: [
      {
        file: '_shared/messaging/src/relay.ts',
        replace: 'await publisher.publish(partition, messages);',
        by: 'await publisher.publish(partition, messages).catch(() => {});',
      },
    ],
  },
  {
    name: 'the-relay-sees-its-own-rows-only',
    defence: 'Rows of other processes are looked for.',
    changes: [
      {
        file: '_shared/messaging/src/relay.ts',
        replace: 'Promise.all([keepLeases(), keepNotes(), poll()])',
        by: 'Promise.all([keepLeases(), keepNotes()])',
      },
    ],
  },
  {
    name: 'timers-are-fired-by-memory',
    defence: 'A due timer is looked for in the database.',
    changes: [
      {
        file: '_shared/event-log/src/timers.ts',
        replace: 'return due.filter(({ streamId }) => !aside.has(streamId));',
        by: 'return due.filter(({ dueAt }) => clock.now() - dueAt < 100);',
      },
    ],
  },
  {
    name: 'a-new-key-for-every-call',
    defence: 'Every try of an operation carries the same key.',
    changes: [
      {
        file: 'payment/src/adapters/outbound/payment-gateway.http.ts',
        replace: `'idempotency-key': \`\${orderId}:\${operation}\` },`,
        by: `'idempotency-key': \`\${orderId}:\${operation}:\${clock.monotonic()}\` },`,
      },
    ],
  },
  {
    name: 'a-timeout-is-a-decline',
    defence: 'Silence is never a refusal.',
    changes: [
      {
        file: 'payment/src/domain/payment-outcomes.ts',
        replace: `      if (payment.status === 'AUTHORIZING') return [];
`,
        by: `      if (result.kind === 'unknown') return [{ type: 'PaymentDeclined', data: { code: 'payment-declined', detail: 'no answer' }, timer: null }];
`,
      },
    ],
  },
  {
    name: 'a-silent-capture-is-a-rejection',
    defence: 'Silence is never a refusal, of a capture either.',
    changes: [
      {
        file: 'payment/src/domain/payment-outcomes.ts',
        replace: `      if (payment.status === 'CAPTURING') return [];
`,
        by: `      if (result.kind === 'unknown') return [{ type: 'PaymentCaptureRejected', data: { detail: 'no answer' }, timer: null }];
`,
      },
    ],
    masked: 'the release that follows refunds what was taken: a sale is lost, and no money',
  },
  {
    name: 'a-timeout-is-unavailable',
    defence: 'A call that may have reached the provider is unknown.',
    changes: [
      {
        file: '_shared/runtime/src/provider-outcome.ts',
        replace: `return { kind: 'unknown', reason: ambiguous.reason };`,
        by: `return { kind: 'unavailable', reason: ambiguous.reason };`,
      },
    ],
    masked: 'the next try carries the same key and so finds the outcome, and a step that gives up is undone as well',
  },
  {
    name: 'an-unknown-charge-is-left',
    defence: 'An unknown authorisation is voided by key before it is called declined.',
    changes: [
      {
        file: 'payment/src/application/release.ts',
        replace: `  const voided = held.captured === 0 ? await gateway.void({ orderId }) : undefined;
`,
        by: `  if (held.authorized === 0) return nothingHeld;
  const voided = held.captured === 0 ? await gateway.void({ orderId }) : undefined;
`,
      },
    ],
  },
  {
    name: 'no-void-of-what-is-absent',
    defence: 'A void leaves a tombstone for what lands later.',
    changes: [
      {
        file: 'payment/src/application/release.ts',
        replace: `  const voided = held.captured === 0 ? await gateway.void({ orderId }) : undefined;
`,
        by: `  const seen = await lookup.find(orderId);
  if (seen.kind === 'absent') return held.authorized === 0 ? nothingHeld : unheardOf;
  const voided = held.captured === 0 ? await gateway.void({ orderId }) : undefined;
`,
      },
    ],
  },
  {
    name: 'a-failed-void-counts',
    defence: 'A release is confirmed by the provider alone.',
    changes: [
      {
        file: 'payment/src/application/release.ts',
        replace: `return isVoided ? confirmed(found) : notConfirmed(\`void: \${voided.reason}\`, voided.kind === 'unknown');`,
        by: 'return isVoided ? confirmed(found) : nothingHeld;',
      },
    ],
  },
  {
    name: 'no-refund',
    defence: 'What was captured is refunded.',
    changes: [
      {
        file: 'payment/src/application/release.ts',
        replace: '  if (amount <= 0) return',
        by: `  if (amount > 0) return confirmed(before);
  if (amount <= 0) return`,
      },
    ],
  },
  {
    name: 'a-failed-refund-counts',
    defence: 'A refund without an answer is repeated.',
    changes: [
      {
        file: 'payment/src/application/release.ts',
        replace: `    return notConfirmed(\`refund: \${refunded.reason}\`, refunded.kind === 'unknown');`,
        by: '    return confirmed(before);',
      },
    ],
  },
  {
    name: 'success-behind-a-closed-door',
    defence: 'Once a release has begun no success is reported.',
    changes: [
      {
        file: 'payment/src/domain/payment-outcomes.ts',
        replace: `if (payment.parked !== undefined || (payment.status !== 'NONE' && payment.status !== 'AUTHORIZING')) return [];`,
        by: `if (payment.parked !== undefined || (payment.status !== 'NONE' && payment.status !== 'AUTHORIZING' && payment.status !== 'RELEASING')) return [];`,
      },
    ],
    masked:
      'the provider refuses to capture what was voided, the saga undoes the order, and a release that is not answered is asked for again',
  },
  {
    name: 'nobody-asks-for-an-unknown-charge',
    defence: 'An unknown outcome is asked for by a durable timer.',
    changes: [
      {
        file: 'payment/src/domain/payment-outcomes.ts',
        replace: `timer: resolveTimer(context.orderId, { rounds: 0, waitedMs: 0 }, context.unknownDeadlineMs),
        },
      ];
    default:
      return assertNever(result);
  }
}

export function captureAnswered`,
        by: `timer: null,
        },
      ];
    default:
      return assertNever(result);
  }
}

export function captureAnswered`,
      },
    ],
  },
  {
    name: 'a-release-is-tried-once',
    defence: 'A release goes on by a durable timer.',
    changes: [
      {
        file: 'payment/src/application/payments.ts',
        replace: `return { events: [{ type: 'ReleaseRetried', data: {}, timer }], afterCommit: (loaded) => runRelease(loaded) };`,
        by: 'return { events: [] };',
      },
    ],
  },
  {
    name: 'an-unknown-booking-is-left',
    defence: 'An unknown booking is cancelled by key before it is called rejected.',
    changes: [
      {
        file: 'shipping/src/application/shipments.ts',
        replace: `      const cancelled = await carrier.cancel(started.streamId);
`,
        by: `      const cancelled = started.state.status === 'CANCELLING' && started.state.reason === 'booking-unknown' ? { kind: 'cancelled' as const } : await carrier.cancel(started.streamId);
`,
      },
    ],
  },
  {
    name: 'a-failed-cancellation-counts',
    defence: 'A cancellation is confirmed by the carrier alone.',
    changes: [
      {
        file: 'shipping/src/application/shipments.ts',
        replace: `if (cancelled.kind === 'cancelled') return`,
        by: `if (cancelled.kind !== 'already-dispatched') return`,
      },
    ],
  },
  {
    name: 'nobody-looks-for-a-parcel',
    defence: 'A parcel is followed when no webhook comes.',
    changes: [
      {
        file: 'shipping/src/application/shipments.ts',
        replace: '          afterCommit: (tracking) => background.run(() => ask(tracking)),',
        by: '',
      },
    ],
  },
  {
    name: 'nobody-asks-for-an-unknown-booking',
    defence: 'An unknown booking is asked for by a durable timer.',
    changes: [
      {
        file: 'shipping/src/domain/shipment-outcomes.ts',
        replace: 'timer: resolveTimer(orderId, { rounds: 0, waitedMs: 0 }, unknownDeadlineMs),',
        by: 'timer: null,',
      },
    ],
  },
  {
    name: 'nobody-asks-for-an-unknown-dispatch',
    defence: 'An unknown dispatch is asked for by a durable timer.',
    changes: [
      {
        file: 'shipping/src/domain/shipment-outcomes.ts',
        replace: 'timer: resolveTimer(orderId, { rounds: 0, waitedMs: 0 }),',
        by: 'timer: null,',
      },
    ],
  },
  {
    name: 'a-slow-assessment-is-forgotten',
    defence: 'A slow assessment goes on by a durable timer.',
    changes: [
      {
        file: 'antifraud/src/domain/assessment.ts',
        replace: `timer: { kind: 'assess', afterMs: askAgainMs } }];`,
        by: 'timer: null }];',
      },
    ],
  },
  {
    name: 'a-void-is-tried-for-ever',
    defence: 'Somebody hears of an authorisation whose outcome is unknown and whose void is never confirmed.',
    changes: [
      {
        file: 'payment/src/application/payments.ts',
        replace: `return payment.status === 'RELEASING' && payment.reason !== 'saga' && payment.rounds >= patientRounds;`,
        by: 'return payment.rounds < 0;',
      },
    ],
  },
  {
    name: 'an-outage-is-a-defect',
    defence: 'A client whose request met a database that is away is told to come again.',
    changes: [
      {
        file: '_shared/http/src/create-app.ts',
        replace: `error instanceof UnavailableError ? 'unavailable' : 'internal'`,
        by: `'internal'`,
      },
    ],
  },
  {
    name: 'a-review-outlives-its-order',
    defence: 'An order that ends takes its review off the list.',
    changes: [
      {
        file: 'antifraud/src/domain/assessment.ts',
        replace: `return [{ type: 'ReviewWithdrawn', data: {}, timer: null }];`,
        by: 'return [];',
      },
    ],
  },
  {
    name: 'no-second-try',
    defence: 'A step that was unavailable is tried again.',
    changes: [
      {
        file: 'orchestrator/src/domain/saga.ts',
        replace: `  return [{ type: 'AttemptFailed', data: { attempt, reason }, timer: retryTimer(saga, policy, orderId) }];
}

/** Whoever`,
        by: `  return [{ type: 'AttemptFailed', data: { attempt, reason }, timer: null }];
}

/** Whoever`,
      },
    ],
  },
  {
    name: 'an-undo-is-tried-once',
    defence: 'A compensation that was unavailable is tried again.',
    changes: [
      {
        file: 'orchestrator/src/domain/saga.ts',
        replace: `  return [{ type: 'AttemptFailed', data: { attempt, reason }, timer: retryTimer(saga, policy, orderId) }];
}

/**
 * A cancellation is taken`,
        by: `  return [{ type: 'AttemptFailed', data: { attempt, reason }, timer: null }];
}

/**
 * A cancellation is taken`,
      },
    ],
  },
  {
    name: 'a-failed-undo-counts',
    defence: 'A compensation is done on the participant’s word alone.',
    changes: [
      {
        file: 'orchestrator/src/domain/saga.ts',
        replace: `  if (meaning === 'done')
`,
        by: `  if (meaning === 'done' || meaning === 'unavailable')
`,
      },
    ],
  },
  {
    name: 'the-step-under-way-is-not-undone',
    defence: 'A step whose outcome is open is undone as well.',
    changes: [
      {
        file: 'orchestrator/src/domain/saga.ts',
        replace: 'failure: cancelledAt(step.name), undo: undoOf(saga, saga.stepIndex + 1) };',
        by: 'failure: cancelledAt(step.name), undo: undoOf(saga, saga.stepIndex) };',
      },
    ],
  },
  {
    name: 'nothing-is-undone',
    defence: 'A saga that gives up undoes what it did.',
    changes: [
      {
        file: 'orchestrator/src/domain/saga.ts',
        replace: 'const undo = meaning.undoOnly ?? undoOf(saga, saga.stepIndex);',
        by: 'const undo = meaning.undoOnly ?? [];',
      },
    ],
  },
  {
    name: 'a-lost-parcel-is-not-paid-back',
    defence: 'A lost parcel is refunded.',
    changes: [
      {
        file: 'orchestrator/src/domain/saga.ts',
        replace: 'const undo = meaning.undoOnly ?? undoOf(saga, saga.stepIndex);',
        by: 'const undo = meaning.undoOnly === undefined ? undoOf(saga, saga.stepIndex) : [];',
      },
    ],
  },
  {
    name: 'a-cancellation-interrupts-the-capture',
    defence: 'A cancellation waits for the answer of a capture under way.',
    changes: [
      {
        file: 'orchestrator/src/domain/saga.ts',
        replace: `  if (phase.status === 'RUNNING' && step.kind === 'pivot') {`,
        by: `  if (phase.status === 'RUNNING' && step.kind === 'pivot' && saga.attempt < 0) {`,
      },
    ],
    masked: 'the release closes the door of a capture that is under way and refunds what was taken',
  },
  {
    name: 'a-cancellation-after-the-capture',
    defence: 'A captured order can no longer be cancelled.',
    changes: [
      {
        file: 'orchestrator/src/domain/saga.ts',
        replace: `const pastPivot = step.kind === 'retriable';`,
        by: 'const pastPivot = saga.attempt < 0;',
      },
    ],
    masked: 'what was captured is paid back, and the completion answers a wish that crosses it',
  },
  {
    name: 'refund-what-the-provider-says',
    defence: 'A refund is for what we authorised, whatever figure the provider gives.',
    changes: [
      {
        file: 'payment/src/application/release.ts',
        replace: 'if (amount !== held.authorized || before.currency !== held.currency) return notConfirmed(notOurs);',
        by: '',
      },
    ],
  },
  {
    name: 'an-order-becomes-anything',
    defence: 'An order moves along its own transitions alone.',
    changes: [
      {
        file: 'order/src/domain/order.ts',
        replace: 'if (!mayEnd[to].some((status) => status === order.status)) return outOfTurn(order, to);',
        by: '',
      },
    ],
    masked: 'the saga sends the commands of an order in their order, and the log keeps it',
  },
  {
    name: 'a-missed-step-is-not-made-up-for',
    defence: 'An order that missed a command of its saga goes on with the next.',
    changes: [
      {
        file: 'order/src/domain/order.ts',
        replace: `if ('failure' in order) return outOfTurn(order, to);`,
        by: `if ('failure' in order || way.indexOf(to) !== order.reached.length + 1) return outOfTurn(order, to);`,
      },
    ],
  },
  {
    name: 'an-order-is-announced-once',
    defence: 'An order that nobody took up is announced again.',
    changes: [
      {
        file: 'order/src/domain/order.ts',
        replace: `const created = order.status === 'CREATED' ?`,
        by: `const created = order.announcements < 0 ?`,
      },
    ],
  },
  {
    name: 'a-cancellation-is-asked-for-once',
    defence: 'A wish to cancel that nobody answered is said again.',
    changes: [
      {
        file: 'order/src/domain/order.ts',
        replace: `const requested = order.cancellation === 'requested' ?`,
        by: `const requested = order.announcements < 0 ?`,
      },
    ],
    masked: 'the end of the order answers it, if late',
  },
  {
    name: 'a-completion-answers-no-cancellation',
    defence: 'A wish to cancel that never reached the saga is answered when the order is completed.',
    changes: [
      {
        file: 'order/src/domain/order.ts',
        replace: `if (cancellation !== 'requested') return [{ ...arrival, timer: null }];`,
        by: 'return [{ ...arrival, timer: null }];',
      },
    ],
    atLeastSeeds: 200,
  },
];

/** @throws Error naming the mutants that there are */
export function findMutant(name: string): Mutant {
  const found = mutants.find((mutant) => mutant.name === name);
  if (found === undefined) {
    const names = mutants.map((mutant) => mutant.name).join(', ');
    throw new Error(`there is no mutant ${JSON.stringify(name)}; there are: ${names}`);
  }
  return found;
}
