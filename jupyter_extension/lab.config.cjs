// What the builder of JupyterLab extensions needs to know beside package.json: the sources are TypeScript,
// and the same sources give the same bytes in every directory.
module.exports = {
  optimization: { moduleIds: 'named', chunkIds: 'named' },
  resolve: { extensions: ['.ts', '.tsx', '.js'] },
  module: {
    rules: [
      {
        test: /\.tsx?$/,
        loader: 'builtin:swc-loader',
        options: {
          jsc: {
            parser: { syntax: 'typescript', tsx: true },
            transform: { react: { runtime: 'automatic' } },
            target: 'es2022',
          },
        },
      },
    ],
  },
};
