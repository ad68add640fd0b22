import { describe, expect, it } from 'vitest';
import { createBackground } from './background.ts';

function setup() {
  const errors: string[] = [];
  return { errors, background: createBackground((error) => void errors.push(error.message)) };
}

describe('work in the background', () => {
  it('is waited for when everything else has stopped', async () => {
    const { background } = setup();
    const gate = Promise.withResolvers<void>();
    let isDone = false;
    background.run(async () => {
      await gate.promise;
      isDone = true;
    });
    const settled = background.settled();
    gate.resolve();
    await settled;

    expect(isDone).toBe(true);
  });

  it('that fails is reported, and fails nobody', async () => {
    const { background, errors } = setup();
    background.run(() => Promise.reject(new Error('the log is away')));
    await background.settled();

    expect(errors).toEqual(['the log is away']);
  });

  it('does not begin once the service closes, and goes on if it has begun', async () => {
    const { background } = setup();
    const done: string[] = [];
    background.close();
    background.run(async () => void done.push('begun'));
    background.goOn(async () => void done.push('gone on with'));
    await background.settled();

    expect(done).toEqual(['gone on with']);
  });

  it('is told to end', async () => {
    const { background } = setup();
    background.run((signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())));
    expect(background.signal.aborted).toBe(false);
    background.stop();
    await background.settled();

    expect(background.signal.aborted).toBe(true);
  });
});
