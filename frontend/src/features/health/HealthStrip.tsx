import { Icon, type IconName } from "../../components/ui/Icon";
import { formatAge, formatCount } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { useNow } from "../../lib/time";
import { streamStore } from "../../stream/store";
import css from "./HealthStrip.module.css";
import { type FeedFace, feedFace } from "./feed-face";

const ICONS: Record<FeedFace, IconName> = { fresh: "disc", slow: "triangle", stale: "square", off: "offline", plain: "disc" };

/** Age of every feed, of the screen itself, and the request budget: one line, always there, drawn by the clock four times a second. */
export function HealthStrip({ market }: { market: string }) {
  const { t, language } = useWords();
  const now = useNow(250);
  const { status, seq, receivedMs, picture } = streamStore.getState().view;
  const ages = picture?.markets?.[market]?.age_ms;
  const sources = picture?.sources;
  const requests = picture?.metrics?.requests_last_minute;
  const clock = picture?.clock_ms;
  const exchange = picture?.exchange;
  const since = receivedMs === null ? null : Math.max(0, now - receivedMs);
  const grown = (age: number | null | undefined) => (age === null || age === undefined || since === null ? null : age + since);
  const limit = (name: string) => (sources?.[name] as { limit_ms?: number } | undefined)?.limit_ms;
  const feeds = [
    { id: "book", age: ages?.book ?? ages?.bbo ?? sources?.book?.age_ms, limit: limit("book") ?? limit("bbo") },
    { id: "mark", age: ages?.mark ?? sources?.mark?.age_ms, limit: limit("mark") },
    { id: "account", age: sources?.account?.age_ms, limit: limit("account") },
  ] as const;
  const screenFace: FeedFace = status === "stale" ? "stale" : status === "connecting" ? "off" : status === "polling" ? "slow" : "fresh";
  return (
    <footer className={css.strip} aria-label={t("health.title")} id="health" tabIndex={-1}>
      <div className={css.roomy}><Dot face={status === "stale" ? "plain" : exchange?.status === "connected" ? "fresh" : exchange?.status === "connecting" ? "slow" : exchange ? "stale" : "off"} />{t("health.exchange")} <b>{exchangeWords(exchange?.status, t)}</b></div>
      {feeds.map((feed) => (
        <div key={feed.id}><Dot face={status === "stale" ? "plain" : feedFace(grown(feed.age), feed.limit)} />{t(`health.${feed.id}`)} <b>{formatAge(grown(feed.age), language)}</b></div>
      ))}
      <div data-testid="screen-feed"><Dot face={screenFace} />{t("health.screen")} <b className={status === "live" || status === "stale" ? css.roomy : undefined}>{status === "polling" ? t("health.polling") : seq === null ? t("health.connecting") : `#${formatCount(seq, language)}`}</b> {formatAge(since, language)}</div>
      {requests !== undefined && <div className={css.wide}>{t("health.requests")} <b>{formatCount(requests, language)}</b> {t("health.perMinute")}</div>}
      <div className={css.wide}>{t("health.clock")} <b>{clock !== undefined && receivedMs !== null ? formatAge(Math.abs(receivedMs - clock), language) : "\u2013"}</b></div>
    </footer>
  );
}

function exchangeWords(status: string | undefined, t: ReturnType<typeof useWords>["t"]): string {
  if (status === "connected" || status === "connecting" || status === "unreachable") return t(`exchange.${status}`);
  return status ?? "\u2013";
}

function Dot({ face }: { face: FeedFace }) {
  return <span className={css[face]}><Icon name={ICONS[face]} size={10} /></span>;
}
