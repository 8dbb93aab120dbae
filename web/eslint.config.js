import js from '@eslint/js';
import ts from 'typescript-eslint';

// Folders in order; each may import only itself and the folders before it.
const layers = ['base', 'api', 'ui', 'views', 'panels', 'app'];

const noStyles = {
  selector: 'TemplateElement[value.raw=/ style=/]',
  message: 'The CSP forbids style attributes: set styles through CSSOM or classes.',
};
const CATALOGUE = 'Words that users see stand in src/base/words.';
const noWords = {
  selector: 'TaggedTemplateExpression[tag.name="html"] TemplateElement[value.raw=/>[^<>={}]*[A-Za-z]{3,}[^<>={}]*(<|$)/]',
  message: CATALOGUE,
};
const noNamedWords = {
  selector: 'TaggedTemplateExpression[tag.name="html"] TemplateElement[value.raw=/ (aria-label|title|placeholder)="[^"]*[A-Za-z]{3,}/]',
  message: CATALOGUE,
};

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
      'no-restricted-syntax': ['error', noStyles],
      'max-len': ['error', { code: 160, ignoreUrls: true }],
    },
  },
  {
    // Words stand in the catalogue (src/base/words), not in templates: one set of files to translate.
    files: ['src/ui/**/*.ts', 'src/views/**/*.ts', 'src/panels/**/*.ts', 'src/app/**/*.ts'],
    ignores: ['src/*/dev/**'],
    rules: { 'no-restricted-syntax': ['error', noStyles, noWords, noNamedWords] },
  },
  ...layerRules,
  {
    // Panels stand beside any picture: what both need is in ui.
    files: ['src/panels/**/*.ts'],
    ignores: ['src/panels/dev/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: '(^|/)(views|app)/', message: 'src/panels may import base, api and ui.' }] }] },
  },
);
