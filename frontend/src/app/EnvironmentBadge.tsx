import { Icon } from "../components/ui/Icon";
import { useWords } from "../lib/i18n";
import { usePicture } from "../stream/store";
import css from "./frame.module.css";

const KNOWN = ["paper", "testnet", "live"] as const;
export type Environment = (typeof KNOWN)[number] | "unknown";

export function useEnvironment(): Environment {
  const env = usePicture((now) => now.env);
  return KNOWN.find((each) => each === env) ?? "unknown";
}

/** Which money this is: word, colour and a line over the whole width. */
export function EnvironmentBadge() {
  const { t } = useWords();
  const env = useEnvironment();
  if (env === "unknown") return <span className={css.badge} data-env="unknown">{t("env.unknown")}</span>;
  return (
    <span className={css.badge} data-env={env} data-testid="environment">
      {env === "live" && <Icon name="warn" size={12} />}
      {env.toUpperCase()}
      <small>{t(`env.${env}`)}</small>
    </span>
  );
}

export function EnvironmentLine() {
  return <div className={css.line} data-env={useEnvironment()} aria-hidden="true" />;
}
