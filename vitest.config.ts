import { defineConfig } from 'vitest/config';

/** One run covers every package: the ring of a test is in its file name (`.unit`, `.int`, `.e2e`), not in a second config. */
export default defineConfig({
  test: {
    include: ['services/**/*.spec.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/fixtures/**'],
    environment: 'node',
    pool: 'forks',
    restoreMocks: true,
    unstubEnvs: true,
    // Against a test that hangs; none claims to be over in a certain time.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
