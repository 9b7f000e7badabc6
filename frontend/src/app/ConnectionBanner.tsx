import { Button } from "../components/ui/Button";
import { Icon } from "../components/ui/Icon";
import { formatAge, formatClock } from "../lib/format";
import { useWords } from "../lib/i18n";
import { useNow } from "../lib/time";
import { useStream } from "../stream/store";
import css from "./frame.module.css";

const BANNER_AFTER_MS = 3000;

/** Says that the screen has lost the bot, since when, and what still works. */
export function ConnectionBanner({ onRetry }: { onRetry: () => void }) {
  const isStale = useStream(({ view }) => view.status === "stale");
  return isStale ? <Banner onRetry={onRetry} /> : null;
}

function Banner({ onRetry }: { onRetry: () => void }) {
  const { t, language } = useWords();
  const now = useNow(250);
  const { view, attempt, nextAttemptMs } = useStream((state) => state);
  const silent = view.receivedMs === null ? 0 : now - view.receivedMs;
  if (silent < BANNER_AFTER_MS) return null;
  const wait = nextAttemptMs === null ? null : Math.max(0, Math.ceil((nextAttemptMs - now) / 1000) * 1000);
  return (
    <div className={css.banner} role="alert">
      <Icon name="offline" size={20} />
      <div>
        <strong>{t("banner.title", { age: formatAge(silent, language), time: formatClock(view.receivedMs, language) })}</strong>
        <p>{t("banner.text")} <code>mmbot cancel-all</code></p>
      </div>
      <div className={css.bannerActs}>
        <span>{wait === null ? t("banner.trying", { attempt }) : t("banner.attempt", { attempt, wait: formatAge(wait, language) })}</span>
        <Button size="small" onClick={onRetry}><Icon name="retry" size={12} />{t("banner.retry")}</Button>
      </div>
    </div>
  );
}
