/** Lets Jest read TypeScript: types are stripped by esbuild, modules stay modules. */
import { transformSync } from 'esbuild';

export default {
  process(source, path) {
    const { code, map } = transformSync(source, {
      loader: 'ts',
      format: 'esm',
      target: 'es2022',
      sourcefile: path,
      sourcemap: true,
    });
    return { code, map };
  },
};
