import { defineConfig } from 'vitest/config';

// One script and one style-free page: the binary embeds dist/, and the page's CSP allows nothing inline.
const core = process.env.HEADSCOPE_SERVER ?? 'http://127.0.0.1:8642';

export default defineConfig({
  base: './',
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: {
      output: {
        inlineDynamicImports: true,
        entryFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
      },
    },
  },
  server: {
    // Tables of the core that tests compare with, and recorded attention of the panels' page.
    fs: { allow: ['..'] },
    // The server takes questions of its own page only.
    proxy: { '/rpc': { target: core, changeOrigin: true, headers: { Origin: core } } },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
