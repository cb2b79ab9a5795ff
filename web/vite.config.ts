import { readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const PACKAGE = '../src/tachograph/server/static';

/** Keeps each text asset as a gzip file only: what nearly every browser takes is half of what would lie in the wheel. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    closeBundle() {
      const folder = join(PACKAGE, 'assets');
      for (const name of readdirSync(folder).filter((name) => /\.(js|css|svg)$/.test(name))) {
        writeFileSync(join(folder, `${name}.gz`), gzipSync(readFileSync(join(folder, name)), { level: 9 }));
        unlinkSync(join(folder, name));
      }
    },
  };
}

export default defineConfig({
  plugins: [svelte(), compressed()],
  build: {
    outDir: PACKAGE,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // the content policy lets nothing in that is not a file
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: {
      '^/(api|health)': {
        target: process.env['TACHOGRAPH_URL'] ?? 'http://127.0.0.1:3000',
        changeOrigin: true,
        // The server refuses requests of other pages, and this one has another port.
        configure: (proxy) => proxy.on('proxyReq', (request) => request.removeHeader('origin')),
      },
    },
  },
});
