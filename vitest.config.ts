import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{core,cli,electron,server,renderer,native-sim,build}/**/*.test.ts'],
    testTimeout: 30_000,
    setupFiles: ['core/testing/audit-tables.ts'],
  },
});
