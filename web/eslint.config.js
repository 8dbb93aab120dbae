import js from '@eslint/js';
import ts from 'typescript-eslint';

// Folders in order; each may import only itself and the folders before it.
const layers = ['base', 'api', 'ui', 'views', 'panels', 'app'];

const layerRules = layers.map((layer, index) => ({
  files: [`src/${layer}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: layers.slice(index + 1).map((later) => ({
          regex: `(^|/)${later}/`,
          message: `src/${layer} may not import src/${later} (base ← api ← ui ← views ← panels ← app).`,
        })),
      },
    ],
  },
}));

export default ts.config(
  { ignores: ['dist', 'node_modules'] },
  js.configs.recommended,
  ...ts.configs.strict,
  {
    languageOptions: { globals: {} },
    rules: {
      'no-undef': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'TemplateElement[value.raw=/ style=/]',
          message: 'The CSP forbids style attributes: set styles through CSSOM or classes.',
        },
      ],
    },
  },
  ...layerRules,
  {
    // Panels stand beside any picture: what both need is in ui.
    files: ['src/panels/**/*.ts'],
    ignores: ['src/panels/dev/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: '(^|/)(views|app)/', message: 'src/panels may import base, api and ui.' }] }] },
  },
);
