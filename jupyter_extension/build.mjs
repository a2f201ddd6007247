// Builds the committed bundles: node build.mjs WIDGET_DIRECTORY LAB_DIRECTORY
// The same sources give the same bytes on every machine.
import { createRequire } from 'node:module';
import { relative, resolve } from 'node:path';
import { build } from 'esbuild';

const [widget, lab] = process.argv.slice(2);

await build({
  entryPoints: { workflow_view: 'src/widget/index.tsx', workflow_form: 'src/widget/form.tsx', plots: 'src/widget/plots.ts' },
  outdir: widget,
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

// The builder takes the place of its output from package.json, of which there is one in this process.
const require = createRequire(import.meta.url);
require('./package.json').jupyterlab.outputDir = relative('.', lab);
const builder = createRequire(require.resolve('@jupyter/builder/package.json'));
const config = builder('./lib/extensionConfig.js').default({
  packagePath: resolve('.'),
  corePackageFile: require.resolve('@jupyterlab/core-meta/core.package.json'),
});
builder('@rspack/core').rspack(config, (error, stats) => {
  if (error ?? stats.hasErrors()) throw error ?? new Error(stats.toString('errors-only'));
});
