import { useMantineColorScheme } from "@mantine/core";
import { Icon } from "../components/ui/Icon";
import { PageLink } from "../components/ui/PageLink";
import { formatClock, zoneName } from "../lib/format";
import { chooseLanguage, useWords } from "../lib/i18n";
import { useRoute } from "../lib/route";
import { useNow } from "../lib/time";
import { EnvironmentBadge } from "./EnvironmentBadge";
import css from "./frame.module.css";

const SHOWN = ["market", "bot", "journal"] as const;

/** Brand, environment, language, brightness and the clock. */
export function AppBar() {
  const { t, language } = useWords();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const now = useNow();
  const route = useRoute();
  const other = language === "en" ? "pl" : "en";
  const dark = colorScheme !== "light";
  return (
    <header className={css.appbar}>
      <h1 className={css.brand}><Brand />mmbot</h1>
      <EnvironmentBadge />
      <nav className={css.pages} aria-label={t("pages.title")}>
        {SHOWN.map((page) => <PageLink key={page} page={page} className={css.page} current={route.page === page}>{t(`pages.${page}`)}</PageLink>)}
      </nav>
      <div className={css.tools}>
        <button type="button" className={css.tool} onClick={() => setColorScheme(dark ? "light" : "dark")} aria-label={dark ? t("app.light") : t("app.dark")} title={dark ? t("app.light") : t("app.dark")}>
          <Icon name={dark ? "sun" : "moon"} />
        </button>
        <button type="button" className={css.tool} onClick={() => chooseLanguage(other)} lang={other} aria-label={other === "pl" ? "Polski" : "English"}>
          {language.toUpperCase()}
        </button>
        <span className={css.clock}>{formatClock(now, language)} <small>{zoneName(now, language)}</small></span>
      </div>
    </header>
  );
}

function Brand() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
      <path d="M2.5 5.5h8M9.5 14.5h8" stroke="var(--mm-own)" strokeWidth="2.4" strokeLinecap="round" />
      <circle cx="10" cy="10" r="2.2" fill="var(--mm-text)" />
    </svg>
  );
}
