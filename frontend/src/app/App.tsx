import { useMediaQuery } from "@mantine/hooks";
import { Suspense, lazy, useEffect, useState } from "react";
import { StaleContext } from "../components/ui/stale";
import { HealthStrip } from "../features/health/HealthStrip";
import { MarketBar } from "../features/market/MarketBar";
import { KillResult } from "../features/risk/KillResult";
import { whenUnauthorised } from "../lib/api";
import { formatAge } from "../lib/format";
import { useWords } from "../lib/i18n";
import { openPage, useRoute } from "../lib/route";
import { useSettings } from "../lib/settings";
import { useNow } from "../lib/time";
import { keepToken } from "../lib/token";
import { usePicture, useStream } from "../stream/store";
import { AppBar } from "./AppBar";
import css from "./App.module.css";
import { ConnectionBanner } from "./ConnectionBanner";
import { Dialogs } from "./Dialogs";
import { EnvironmentLine } from "./EnvironmentBadge";
import { FirstSteps } from "./FirstSteps";
import { MarketPage } from "./pages/MarketPage";
import { TokenDialog } from "./TokenDialog";
import { Spoken, useSpeak } from "./Speak";
import { useKeys } from "./use-keys";
import { useGapNotice } from "./use-gap-notice";
import { useSounds } from "./use-sounds";
import { useTitle } from "./use-title";

/** A clock that does not tick: while fresh, nothing here depends on the time. */
const NEVER_MS = Number.MAX_SAFE_INTEGER;
const NO_MARKET = "BTC-USD";

/** Pages beside the market page are fetched when they are opened. */
const OTHER_PAGES = {
  overview: lazy(() => import("./pages/OverviewPage")),
  bot: lazy(() => import("./pages/ConfigurationPage")),
  journal: lazy(() => import("./pages/JournalPage")),
  diagnostics: lazy(() => import("./pages/DiagnosticsPage")),
  settings: lazy(() => import("./pages/SettingsPage")),
} as const;

function useStaleWordsNow(): string | null {
  const { t, language } = useWords();
  const { status, receivedMs, gap } = useStream(({ view }) => ({ status: view.status, receivedMs: view.status === "stale" ? view.receivedMs : null, gap: view.gap }));
  useGapNotice(gap);
  const now = useNow(status === "stale" ? 250 : NEVER_MS);
  if (status === "connecting") return t("stale.connecting");
  if (status !== "stale") return null;
  if (gap) return t("stale.gap", gap);
  return t("stale.since", { age: formatAge(receivedMs === null ? null : now - receivedMs, language) });
}

function Sounds() {
  useSounds();
  return null;
}

function TabTitle({ market }: { market: string }) {
  useTitle(market);
  return null;
}

/** The whole screen: frame, market page, health; grey as a whole when what it shows is old. */
export function App({ onRetry, onRest }: { onRetry: () => void; onRest: () => void }) {
  const { t } = useWords();
  const route = useRoute();
  const [needsToken, setNeedsToken] = useState(false);
  const configured = usePicture((now) => now.config?.market);
  const known = usePicture((now) => Object.keys(now.markets ?? {}).toSorted()) ?? [];
  const market = route.market ?? (typeof configured === "string" ? configured : (known[0] ?? NO_MARKET));
  const markets = known.includes(market) ? known : [market, ...known];
  const stale = useStaleWordsNow();
  useEffect(() => whenUnauthorised(() => { setNeedsToken(true); onRest(); }), [onRest]);
  const page = { market, markets, onMarket: (next: string) => openPage(route.page === "bot" ? "bot" : "market", next) };
  const { words, speak } = useSpeak(market);
  useKeys({ ...page, onSpeak: speak });
  useSettings();
  const phone = useMediaQuery("(max-width: 899px)", undefined, { getInitialValueInEffect: false });
  const Other = route.page in OTHER_PAGES ? OTHER_PAGES[route.page as keyof typeof OTHER_PAGES] : null;
  return (
    <StaleContext value={stale}>
      <div className={`${css.app} stale-scope`}>
        <nav aria-label={t("skip.title")} className={css.skips}>
          <a href="#bot">{t("skip.bot")}</a><a href="#ticket">{t("skip.ticket")}</a><a href="#book">{t("skip.book")}</a>
        </nav>
        <TabTitle market={market} />
        <Sounds />
        <EnvironmentLine />
        <AppBar market={market} />
        <div className={`${css.contents} ${stale ? "is-stale" : ""}`}><MarketBar {...page} /></div>
        <ConnectionBanner onRetry={onRetry} />
        <KillResult market={market} />
        {stale || Other || phone ? null : <FirstSteps market={market} />}
        <div className={`${css.rest} ${stale ? "is-stale" : ""}`}>{Other ? <Suspense fallback={<main className={css.waiting}>{t("empty.waiting")}</main>}><Other {...page} /></Suspense> : <MarketPage {...page} />}</div>
        <HealthStrip market={market} />
      </div>
      <Dialogs {...page} />
      <Spoken words={words} />
      <TokenDialog opened={needsToken} onToken={(token) => { keepToken(token); setNeedsToken(false); onRetry(); }} />
    </StaleContext>
  );
}
