import { Icon } from "../components/ui/Icon";
import { useWords } from "../lib/i18n";
import { usePicture } from "../stream/store";
import css from "./frame.module.css";

const KNOWN = ["paper", "testnet", "live"] as const;
export type Environment = (typeof KNOWN)[number] | "shadow" | "unknown";

/** Which money this is. A shadow run on any real exchange sends nothing, and says so. */
export function useEnvironment(): { env: Environment; word: string } {
  const now = usePicture((picture) => ({ env: picture.env, shadow: picture.shadow === true }));
  const env = KNOWN.find((each) => each === now?.env) ?? "unknown";
  const word = `${(now?.env ?? "").toUpperCase()}${now?.shadow ? " SHADOW" : ""}`;
  return { env: now?.shadow && env !== "paper" && env !== "unknown" ? "shadow" : env, word };
}

/** Which money this is: word, colour and a line over the whole width. */
export function EnvironmentBadge() {
  const { t } = useWords();
  const { env, word } = useEnvironment();
  if (env === "unknown") return <span className={css.badge} data-env="unknown">{t("env.unknown")}</span>;
  return (
    <span className={css.badge} data-env={env} data-testid="environment">
      {env === "live" && <Icon name="warn" size={12} />}
      {word}
      <small>{t(`env.${env}`)}</small>
    </span>
  );
}

export function EnvironmentLine() {
  return <div className={css.line} data-env={useEnvironment().env} aria-hidden="true" />;
}
