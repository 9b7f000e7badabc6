/** One line of the palette: what is shown, and what to do. */
export type PaletteLine = { readonly id: string; readonly words: string; readonly group: string; readonly run: () => void };

function folded(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ł", "l").replaceAll("Ł", "L").toLowerCase();
}

/** Lines that contain every typed word, those that begin with the first word first; accents do not matter. */
export function matching(lines: readonly PaletteLine[], typed: string): PaletteLine[] {
  const words = folded(typed).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...lines];
  const found = lines.filter((line) => words.every((word) => folded(`${line.words} ${line.group}`).includes(word)));
  const begins = (line: PaletteLine) => (folded(line.words).startsWith(words[0] ?? "") ? 0 : 1);
  return found.toSorted((a, b) => begins(a) - begins(b));
}
