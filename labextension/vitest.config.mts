import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** Icons as the host's own build gives them: their text. */
const svg = {
  name: 'svg',
  enforce: 'pre' as const,
  load: (id: string) =>
    id.endsWith('.svg')
      ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))}`
      : undefined
};

export default defineConfig({
  plugins: [svg],
  test: {
    include: ['tests/**/*.test.ts'],
    environment: 'node',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // JupyterLab's own modules are written for a bundler.
    server: { deps: { inline: [/@jupyterlab\//, /@jupyter\//, /@lumino\//] } }
  }
});
