import { Icon, type IconName } from "./Icon";

/** Whose a row is: a sign and a word. */
export function Owner({ icon, children }: { icon: IconName; children: React.ReactNode }) {
  return (
    <span style={{ display: "inline-flex", gap: 5, alignItems: "center" }}>
      <Icon name={icon} />
      {children}
    </span>
  );
}
