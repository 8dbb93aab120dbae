// The words of a token's menu.

export const T = {
  menu: 'Token',
  pin: (word: string): string => `Pin ${word}`,
  unpin: (word: string): string => `Unpin ${word}`,
  mask: 'Mask this word',
  unmask: 'Unmask this word',
  noMask: 'Special tokens are not masked.',
  special: 'Treat as special',
  word: 'Treat as a word again',
  isSpecial: 'It is a special token.',
  otherText: 'This token belongs to the other text.',
  neuron: 'Neuron view',
  corpus: 'Find in corpus',
  link: 'Find heads that link to it',
  noLink: 'Pin the other word first.',
  copy: 'Copy',
  go: 'Go to token…',
} as const;
