export function translationProblems(languages: Record<string, unknown>): string[];
