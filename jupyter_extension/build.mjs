// Builds the committed bundles. The same sources give the same bytes on every machine.
import { build } from 'esbuild';

await build({
  entryPoints: { workflow_view: 'src/widget/index.tsx' },
  outdir: process.argv[2] ?? '../torc/kernel_ext/static',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'none',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
  alias: { 'react-dom/client': 'preact/compat/client', react: 'preact/compat', 'react-dom': 'preact/compat', 'react/jsx-runtime': 'preact/jsx-runtime' },
  banner: { js: '// Built from jupyter_extension/ by scripts/build-ui; do not edit.' },
  logLevel: 'warning',
});
