import { defineConfig } from 'vitest/config';

/**
 * Four tiers. `unit` is pure and parallel. `integration` drives real container engines, QEMU and the
 * command line, one file at a time: they compete for the same two or more cores. `nightly` is what takes too long for
 * every change (`pnpm test:nightly`). `acceptance` judges what the environment names and is started by `phyllome test-vm`
 * and `phyllome deploy`, never by a plain `vitest run`.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'packages/*/test/unit/**/*.test.ts', 'acceptance/*.test.ts'],
          // Not a measure of speed: a busy machine must not fail a test.
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['packages/*/test/integration/**/*.test.ts'],
          globalSetup: ['packages/iso-builder/test/integration/global-setup.ts'],
          fileParallelism: false,
          // A first test may boot a machine: on a busy machine that takes longer than all the rest of the file.
          testTimeout: 1_800_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'nightly',
          include: ['packages/*/test/nightly/**/*.test.ts'],
          globalSetup: ['packages/iso-builder/test/integration/global-setup.ts'],
          fileParallelism: false,
          testTimeout: 1_800_000,
          hookTimeout: 600_000,
        },
      },
      ...(process.env['PHYLLOME_ARTIFACTS']
        ? [
            {
              test: {
                name: 'acceptance',
                include: ['acceptance/**/*.spec.ts'],
                fileParallelism: false,
                // The tester's own deadlines follow what the guest was denied, and say what did not come: these are
                // only for a tester that hangs.
                testTimeout: 3_600_000,
                hookTimeout: 3_600_000,
              },
            },
          ]
        : []),
    ],
  },
});
