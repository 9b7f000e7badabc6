import css from "./Strip.module.css";

/** The dashed shape of what will be drawn here, and one sentence. */
export function Ghost({ children }: { children: React.ReactNode }) {
  return (
    <div className={css.ghost}>
      <svg viewBox="0 0 120 26" preserveAspectRatio="none" aria-hidden="true"><path d="M0 14H30V6H55V18H80V10H120" /></svg>
      {children}
    </div>
  );
}
