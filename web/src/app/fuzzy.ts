// Fuzzy matching of the palette: the letters of the query in order; starts of words and runs of
// letters count more. Returns null where a letter is missing.

export interface Match { score: number; at: readonly number[] }

export function fuzzy(query: string, text: string): Match | null {
  const wanted = query.toLowerCase().replace(/\s+/g, '');
  const lower = text.toLowerCase();
  if (wanted === '') return { score: 0, at: [] };
  const phrase = query.toLowerCase().trim();
  const exact = lower.indexOf(phrase);
  if (exact >= 0) {
    const start = exact === 0 ? 40 : /\W/.test(lower[exact - 1] ?? '') ? 30 : 20;
    // "@5" is token 5 before it is the beginning of 55.
    const end = /\w/.test(lower[exact + phrase.length] ?? '') ? 0 : 5;
    return { score: 100 + start + end - lower.length / 100, at: Array.from({ length: phrase.length }, (_, i) => exact + i) };
  }
  const at: number[] = [];
  let score = 0;
  let from = 0;
  for (const letter of wanted) {
    const found = lower.indexOf(letter, from);
    if (found < 0) return null;
    const boundary = found === 0 || /[^a-z0-9]/.test(lower[found - 1] ?? '');
    score += boundary ? 6 : found === from && at.length > 0 ? 4 : 1 - Math.min(1, (found - from) / 20);
    at.push(found);
    from = found + 1;
  }
  return { score: score - lower.length / 100, at };
}

export function best<T>(query: string, items: readonly T[], textOf: (item: T) => string, limit: number): T[] {
  const hits: { item: T; score: number; order: number }[] = [];
  items.forEach((item, order) => {
    const match = fuzzy(query, textOf(item));
    if (match) hits.push({ item, score: match.score, order });
  });
  return hits.sort((a, b) => b.score - a.score || a.order - b.order).slice(0, limit).map((h) => h.item);
}
