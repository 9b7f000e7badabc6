type Json = Record<string, unknown>;

const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Apply a JSON merge patch (RFC 7396) without touching the target.
 *
 * Parts the patch does not change keep their identity, so narrow selectors stay quiet.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const base: Json = isObject(target) ? target : {};
  let changed = isObject(target) ? null : { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (FORBIDDEN.has(key)) continue;
    if (value === null) {
      if (!(key in base)) continue;
      changed ??= { ...base };
      delete changed[key];
      continue;
    }
    const merged = mergePatch(base[key], value);
    if (merged === base[key]) continue;
    changed ??= { ...base };
    changed[key] = merged;
  }
  return changed ?? base;
}
