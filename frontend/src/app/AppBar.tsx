import { useMantineColorScheme } from "@mantine/core";
import { Icon } from "../components/ui/Icon";
import { PageLink } from "../components/ui/PageLink";
import { useAlerts } from "../features/journal/use-alerts";
import { KillButton } from "../features/risk/KillButton";
import { useMay } from "../lib/access";
import { openDialog } from "../lib/dialogs";
import { formatClock, formatCount, zoneName } from "../lib/format";
import { chooseLanguage, useWords } from "../lib/i18n";
import { PAGES, useRoute } from "../lib/route";
import { useNow } from "../lib/time";
import { EnvironmentBadge } from "./EnvironmentBadge";
import css from "./frame.module.css";

const SHOWN = PAGES.filter((page) => page !== "settings");

/** Brand, environment, pages, what wants attention, language, brightness, clock, and the last button. */
export function AppBar({ market }: { market: string }) {
  const { t } = useWords();
  const route = useRoute();
  const may = useMay("control");
  return (
    <header className={css.appbar}>
      <h1 className={css.brand}><Brand /><span>mmbot</span></h1>
      <EnvironmentBadge />
      {!may && <span className={css.viewer} title={t("access.readOnlyWhy")}>{t("access.readOnly")}</span>}
      <nav className={css.pages} aria-label={t("pages.title")}>
        {SHOWN.map((page) => <PageLink key={page} page={page} market={page === "market" ? market : null} className={css.page} current={route.page === page}>{t(`pages.${page}`)}</PageLink>)}
      </nav>
      <div className={css.tools}>
        <button type="button" className={css.jump} onClick={() => openDialog({ kind: "palette" })} aria-keyshortcuts="Control+K"><Icon name="search" size={12} /><span>{t("palette.jump")}</span><kbd>Ctrl K</kbd></button>
        <Bell />
        <Looks />
        <PageLink page="settings" className={css.tool} label={t("pages.settings")} current={route.page === "settings"}><Icon name="gear" /></PageLink>
        <button type="button" className={`${css.tool} ${css.menu}`} aria-label={t("pages.title")} onClick={() => openDialog({ kind: "pages" })}><Icon name="menu" size={18} /></button>
        <Clock />
        <span className={css.kill}><KillButton /></span>
      </div>
    </header>
  );
}

/** The bell leads to the journal; the number is of what nobody at this screen has seen yet. */
function Bell() {
  const { t, language } = useWords();
  const { fresh } = useAlerts();
  const most = fresh.length > 99 ? "99+" : formatCount(fresh.length, language);
  return (
    <PageLink page="journal" className={css.tool} label={t("app.alerts", { count: fresh.length })}>
      <span className={css.bell}><Icon name="bell" />{fresh.length > 0 && <b data-testid="alert-count">{most}</b>}</span>
    </PageLink>
  );
}

function Looks() {
  const { t, language } = useWords();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const other = language === "en" ? "pl" : "en";
  const dark = colorScheme !== "light";
  return (
    <>
      <button type="button" className={`${css.tool} ${css.roomy}`} onClick={() => setColorScheme(dark ? "light" : "dark")} aria-label={dark ? t("app.light") : t("app.dark")} title={dark ? t("app.light") : t("app.dark")}>
        <Icon name={dark ? "sun" : "moon"} />
      </button>
      <button type="button" className={css.tool} onClick={() => chooseLanguage(other)} lang={other} aria-label={other === "pl" ? "Polski" : "English"}>{language.toUpperCase()}</button>
    </>
  );
}

function Clock() {
  const { language } = useWords();
  const now = useNow();
  return <span className={css.clock}>{formatClock(now, language)} <small>{zoneName(now, language)}</small></span>;
}

function Brand() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
      <path d="M2.5 5.5h8M9.5 14.5h8" stroke="var(--mm-own)" strokeWidth="2.4" strokeLinecap="round" />
      <circle cx="10" cy="10" r="2.2" fill="var(--mm-text)" />
    </svg>
  );
}
