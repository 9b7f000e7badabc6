import { Icon, type IconName } from "../../components/ui/Icon";
import { formatAge, formatCount } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { useRisk } from "../../lib/risk";
import { useNow } from "../../lib/time";
import { streamStore } from "../../stream/store";
import css from "./HealthStrip.module.css";
import { type FeedFace, feedFace } from "./feed-face";
import { acknowledgements, lagFace } from "./speed-face";
import { budgetPercent, leaseNow } from "./lease";

const ICONS: Record<FeedFace, IconName> = { fresh: "disc", slow: "triangle", stale: "square", off: "offline", plain: "disc" };

/** Age of every feed, of the screen itself, and the request budget: one line, always there, drawn by the clock four times a second. */
export function HealthStrip({ market }: { market: string }) {
  const { t, language } = useWords();
  const now = useNow(250);
  const { status, seq, receivedMs, picture } = streamStore.getState().view;
  const ages = picture?.markets?.[market]?.age_ms;
  const sources = picture?.sources;
  const requests = picture?.metrics?.requests_last_minute;
  const { risk, readMs } = useRisk();
  const limitPerMinute = picture?.metrics?.requests_per_minute_limit ?? risk?.limits.requests_per_minute;
  const budget = budgetPercent(requests, limitPerMinute);
  const lease = leaseNow(risk?.switch.left_ms, readMs, now);
  const lag = picture?.metrics?.loop_lag_ms;
  const acknowledged = acknowledgements(picture?.metrics);
  const running = picture?.bot?.running ?? false;
  const clock = picture?.clock_ms;
  const exchange = picture?.exchange;
  const since = receivedMs === null ? null : Math.max(0, now - receivedMs);
  const grown = (age: number | null | undefined) => (age === null || age === undefined || since === null ? null : age + since);
  const limit = (name: string) => (sources?.[name] as { limit_ms?: number } | undefined)?.limit_ms;
  const feeds = [
    { id: "book", age: ages?.book ?? ages?.bbo ?? sources?.book?.age_ms, limit: limit("book") ?? limit("bbo") },
    { id: "mark", age: ages?.mark ?? sources?.mark?.age_ms, limit: limit("mark") },
    { id: "account", age: sources?.account?.age_ms, limit: limit("account") },
    { id: "positions", age: sources?.positions?.age_ms, limit: limit("positions") },
  ] as const;
  const screenFace: FeedFace = status === "stale" ? "stale" : status === "connecting" ? "off" : status === "polling" ? "slow" : "fresh";
  return (
    <footer className={css.strip} aria-label={t("health.title")} id="health" tabIndex={-1}>
      <div className={css.roomy}><Dot face={status === "stale" ? "plain" : exchange?.status === "connected" ? "fresh" : exchange?.status === "connecting" ? "slow" : exchange ? "stale" : "off"} />{t("health.exchange")} <b>{exchangeWords(exchange?.status, t)}</b></div>
      {feeds.map((feed) => (
        <div key={feed.id} className={feed.id === "positions" ? css.wide : undefined}><Dot face={status === "stale" ? "plain" : feedFace(grown(feed.age), feed.limit)} />{t(`health.${feed.id}`)} <b>{formatAge(grown(feed.age), language)}</b></div>
      ))}
      <div data-testid="screen-feed"><Dot face={screenFace} />{t("health.screen")} <b className={status === "live" || status === "stale" ? css.roomy : undefined}>{status === "polling" ? t("health.polling") : seq === null ? t("health.connecting") : `#${formatCount(seq, language)}`}</b> {formatAge(since, language)}</div>
      {requests !== undefined && (
        <div className={css.wide} data-testid="budget">
          {t("health.requests")}
          {budget !== null && <Bar percent={budget} tone={budget > 90 ? "stale" : budget > 70 ? "slow" : "plain"} />}
          <b>{formatCount(requests, language)}{limitPerMinute === undefined ? "" : ` / ${formatCount(limitPerMinute, language)}`}</b> {t("health.perMinute")}
        </div>
      )}
      {lease && (
        <div className={css.roomy} data-testid="lease">
          {t("health.lease")}
          {lease.leftMs > 0 ? <><Bar percent={lease.percent} tone={lease.tone} /><b>{formatAge(Math.floor(lease.leftMs / 1000) * 1000, language)}</b> {t("health.left")}</> : <b className={running ? css.stale : undefined}>{t("health.leaseOff")}</b>}
        </div>
      )}
      {lag !== undefined && <div className={css.wide} data-testid="lag" title={t("health.lagHelp")}>{t("health.lag")} <b className={css[lagFace(lag)]}>{formatAge(lag, language)}</b></div>}
      {acknowledged.map(({ kind, median, slowest }) => (
        <div key={kind} className={kind === "place" ? css.wide : css.widest} data-testid={`ack-${kind}`} title={t("health.ackHelp")}>{t(`health.${kind}`)} <b>{formatAge(median, language)} / {formatAge(slowest, language)}</b></div>
      ))}
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

function Bar({ percent, tone }: { percent: number; tone: FeedFace }) {
  return <span className={`${css.bar} ${css[tone]}`} aria-hidden="true"><i style={{ width: `${percent}%` }} /></span>;
}
