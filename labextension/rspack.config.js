/** How both bundles, the plugin's and the classic notebook's, are made small, for browsers that run JupyterLab 4.4. */

const { rspack } = require('@rspack/core');

const minimizerOptions = {
  // None of our functions, nor of the bundler's, is a constructor unless it is a class.
  compress: {
    passes: 3,
    ecma: 2022,
    module: true,
    unsafe_arrows: true,
    unsafe_methods: true
  },
  // What is private is a class's own, ours or Lumino's, but for the one name that `examples/replay.py` looks for.
  mangle: { props: { regex: '^_[a-z]\\w{2,}$', reserved: ['_look'] } },
  format: { comments: false }
};

module.exports = {
  target: ['web', 'es2022'],
  module: {
    rules: [
      {
        test: /\.css$/,
        enforce: 'pre',
        loader: 'builtin:lightningcss-loader',
        options: { minify: true }
      }
    ]
  },
  optimization: {
    minimizer: [new rspack.SwcJsMinimizerRspackPlugin({ minimizerOptions })]
  }
};
