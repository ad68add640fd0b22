import { type Check, faulty, type Finding } from './finding.ts';

/**
 * Runs all checks at the same time. One that has not ended in time, or that fails itself, is a finding of its own.
 *
 * @param timeoutMs for each check
 */
export async function runChecks(
  checks: readonly Check[],
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<readonly Finding[]> {
  const findings = await Promise.all(checks.map((check) => runBounded(check, timeoutMs)));
  return findings.flat();
}

async function runBounded({ about, run }: Check, timeoutMs: number): Promise<readonly Finding[]> {
  const ending = new AbortController();
  const { promise: late, resolve } = Promise.withResolvers<readonly Finding[]>();
  const timer = setTimeout(() => {
    const says = `no answer within ${timeoutMs} ms`;
    resolve([faulty(about, 'broken', says, 'see whether it hangs, or whether the way there is very slow')]);
  }, timeoutMs);
  try {
    return await Promise.race([run(ending.signal), late]);
  } catch (error) {
    return [faulty(about, 'broken', `the check itself failed: ${(error as Error).message}`, 'report this as a defect')];
  } finally {
    clearTimeout(timer);
    ending.abort();
  }
}
