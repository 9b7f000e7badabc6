import { Icon } from "./Icon";

/** A word with a triangle: direction is never colour alone. */
export function Direction({ up, children }: { up: boolean; children: React.ReactNode }) {
  return (
    <span className={up ? "tone-up" : "tone-down"} style={{ display: "inline-flex", gap: 5, alignItems: "center" }}>
      <Icon name={up ? "up" : "down"} size={10} />
      {children}
    </span>
  );
}
