import jupyter from '@jupyter/eslint-plugin';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['node_modules', 'lib'] },
  {
    files: ['src/**/*.ts', 'classic/**/*.ts', 'tests/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: [
          './tsconfig.json',
          './classic/tsconfig.json',
          './tests/tsconfig.json'
        ],
        tsconfigRootDir: import.meta.dirname
      }
    },
    rules: {
      eqeqeq: 'error',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      // Signals take a method and its `this` apart.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true }
      ]
    }
  },
  {
    files: ['src/**/*.ts', 'classic/**/*.ts'],
    plugins: { jupyter },
    rules: {
      ...jupyter.configs.recommended[0].rules,
      // The whole bundle is smaller than a request for one of its parts is slow.
      'jupyter/prefer-lazy-imports': 'off'
    }
  }
);
