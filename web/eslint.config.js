import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['node_modules/', 'src/lib/schema.d.ts'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'] } },
  },
  {
    rules: {
      'svelte/no-at-html-tags': 'error', // stored text is text
      'svelte/prefer-svelte-reactivity': 'off', // it takes what is local to a function for state
      'no-restricted-syntax': [
        'error',
        { selector: 'SvelteAttribute[key.name="style"]', message: 'blocked by the content policy: use style:name={…}' },
        { selector: 'SvelteDirective[kind="Transition"]', message: 'blocked by the content policy' },
      ],
      'svelte/no-navigation-without-resolve': 'off', // a rule for another router
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: 'stored text is text: use textContent' },
        { property: 'outerHTML', message: 'stored text is text: use textContent' },
        { property: 'insertAdjacentHTML', message: 'stored text is text: use textContent' },
      ],
      eqeqeq: 'error',
    },
  },
);
