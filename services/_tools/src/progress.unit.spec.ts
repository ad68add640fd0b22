import { describe, expect, it } from 'vitest';
import { createProgress } from './progress.mjs';

const recorder = (isTTY: boolean) => {
  const written: string[] = [];
  return { written, stream: { isTTY, write: (text: string) => written.push(text) > 0 } as NodeJS.WriteStream };
};

describe('progress', () => {
  it('writes one line at each end where nobody watches', async () => {
    const { written, stream } = recorder(false);
    expect(await createProgress(stream).during('Installing', async () => 7)).toBe(7);
    expect(written).toEqual(['Installing ...\n', 'Installing: done in 0 s\n']);
  });

  it('says that work failed, and lets the error through', async () => {
    const { written, stream } = recorder(false);
    const work = createProgress(stream).during('Installing', () => Promise.reject(new Error('no network')));
    await expect(work).rejects.toThrow('no network');
    expect(written.at(-1)).toBe('Installing: failed after 0 s\n');
  });

  it('redraws a single line on a terminal and leaves only the last', async () => {
    const { written, stream } = recorder(true);
    await createProgress(stream).during('Installing', async () => undefined);
    expect(written).toEqual(['\r\u001b[K| Installing (0 s)', '\r\u001b[K', 'Installing: done in 0 s\n']);
  });
});
