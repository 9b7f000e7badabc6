import { Icon } from "../../components/ui/Icon";
import { PageLink } from "../../components/ui/PageLink";
import { Signed } from "../../components/ui/Signed";
import { formatMoney, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { reasonLine } from "../../lib/reasons";
import { usePicture } from "../../stream/store";
import css from "./AllMarkets.module.css";
import { MarketSwitch } from "./MarketSwitch";
import { type MarketLine, marketLines } from "./market-lines";

/** Every market the bot follows, each with its state and its own switch; nothing where there is only one. */
export function AllMarkets({ market }: { market: string }) {
  const { t } = useWords();
  const names = usePicture((now) => marketLines(now).map((line) => line.market)) ?? [];
  if (names.length < 2) return null;
  return (
    <section className={css.all} aria-label={t("bot.allMarkets")}>
      <h3>{t("bot.allMarkets")}</h3>
      <ul>{names.map((name) => <Line key={name} name={name} current={name === market} />)}</ul>
    </section>
  );
}

function Line({ name, current }: { name: string; current: boolean }) {
  const { t, language } = useWords();
  const line = usePicture((now): Partial<MarketLine> => marketLines(now).find((each) => each.market === name) ?? {});
  if (line?.face === undefined) return null;
  return (
    <li data-current={current}>
      <span className={css[line.face]} title={t(`bot.${line.face}`)}><Icon name={line.face === "quoting" ? "play" : line.face === "paused" ? "pause" : "eye"} size={12} /><span className="visually-hidden">{t(`bot.${line.face}`)}</span></span>
      <PageLink page="market" market={name} className={css.name}>{name}</PageLink>
      <span className={css.size}>{line.reason && line.face !== "quoting" ? reasonLine(line.code, line.reason, t, language) : formatSize(line.position, line.lot, language, "always")}</span>
      <Signed value={line.pnl}>{formatMoney(line.pnl, language, { sign: true })}</Signed>
      <MarketSwitch market={name} />
    </li>
  );
}
