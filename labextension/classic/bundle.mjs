/** Bundles the extension of the classic notebook into one AMD module, as the JupyterLab plugin is bundled. */

import { fileURLToPath } from 'node:url';
import { rspack } from '@rspack/core';
import config from '../rspack.config.js';

const here = path => fileURLToPath(new URL(path, import.meta.url));

const compiler = rspack({
  mode: process.argv.includes('--development') ? 'development' : 'production',
  devtool: false,
  ...config,
  entry: here('index.ts'),
  output: {
    path: here('../../jupyter_codecompose/nbextension'),
    filename: 'main.js',
    library: { type: 'amd' },
    clean: true
  },
  externalsType: 'amd',
  externals: ['base/js/events', 'base/js/namespace'],
  resolve: { extensions: ['.ts', '.js'] },
  module: {
    rules: [
      {
        test: /\.ts$/,
        loader: 'builtin:swc-loader',
        options: {
          jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }
        }
      }
    ]
  }
});

compiler.run((error, stats) => {
  if (error || stats?.hasErrors()) {
    console.error(error ?? stats.toString('errors-only'));
    process.exitCode = 1;
  }
  compiler.close(() => undefined);
});
