import { Icon, type IconName } from "./Icon";
import css from "./CommandNote.module.css";

export type NoteTone = "pending" | "done" | "refused" | "unknown" | "info";
const ICONS: Record<NoteTone, IconName> = { pending: "clock", done: "check", refused: "cross", unknown: "warn", info: "info" };

/** How a command went, in the panel it came from; read out politely. */
export function CommandNote({ tone, children }: { tone: NoteTone; children: React.ReactNode }) {
  return (
    <div className={`${css.note} ${css[tone]}`}>
      <Icon name={ICONS[tone]} />
      <div>{children}</div>
    </div>
  );
}
