import { Icon } from "../../components/ui/Icon";
import { Panel } from "../../components/ui/Panel";
import { useStaleWords } from "../../components/ui/stale";
import { ReasonNumbers } from "../../lib/ReasonNumbers";
import { negate, parseWire } from "../../lib/decimal";
import { type Language, NBSP, formatCount, formatMoney, formatNumber, formatPercent, formatSize } from "../../lib/format";
import { type Words, useWords } from "../../lib/i18n";
import { reasonWords, remedyWords } from "../../lib/reasons";
import { type Finding, type Limits, type Tier, useRisk } from "../../lib/risk";
import { useNow } from "../../lib/time";
import { usePicture } from "../../stream/store";
import css from "./RiskMeters.module.css";
import { TierBadge } from "./TierBadge";
import { type Meter, accountMeters, causeMeters, fillMeter, findingsOf, isOver, openSize, positionMeters, tierOf } from "./meters";

const ZERO = { units: 0n, scale: 0 };

/** How close every limit is: the position as it is and as it could become, losses with their tiers, and what already holds. */
export function RiskMeters({ market }: { market: string }) {
  const { t } = useWords();
  const stale = useStaleWords() !== null;
  const now = useNow(1000);
  const { risk } = useRisk();
  const position = usePicture((picture) => picture.positions?.[market] ?? Object.values(picture.positions ?? {}).find((each) => each.market === market));
  const orders = usePicture((picture) => picture.orders);
  const trades = usePicture((picture) => picture.trades);
  const known = usePicture((picture) => picture.positions !== undefined);
  const verdict = risk?.markets[market];
  if (!known || !risk) return <Panel title={t("risk.title")}><div className={css.meters}>{[1, 2, 3, 4].map((each) => <div key={each} className={css.skeleton} />)}</div></Panel>;
  const size = parseWire(position?.size) ?? ZERO;
  const signed = position?.side === "SHORT" ? negate(size) : size;
  const fills = fillMeter(trades, market, verdict, now);
  const meters = [...positionMeters(signed, openSize(orders, market, "BUY"), openSize(orders, market, "SELL"), verdict), ...causeMeters(risk, market), ...accountMeters(risk), ...(fills ? [fills] : [])];
  const tier = tierOf(risk, market);
  const findings = findingsOf(risk, market);
  return (
    <Panel title={t("risk.title")} end={stale ? undefined : <TierBadge tier={tier} />}>
      <div className={css.meters}>
        {meters.map((each) => <OneMeter key={each.id} meter={each} market={market} />)}
        <Tiers tier={tier} limits={risk.account_limits} />
        {findings.length > 0 && <ul className={css.findings} aria-live="polite">{findings.map((each) => <FindingLine key={`${each.code} ${each.market}`} finding={each} />)}</ul>}
        {(verdict?.holds ?? []).filter((hold) => !findings.some((each) => each.code === hold.code)).map((hold) => (
          <p key={hold.code} className={css.hold}><Icon name="warn" /><span><b>{reasonWords(hold.code, t)}.</b> <ReasonNumbers text={hold.text} /> {remedyWords(hold.code, t)}</span></p>
        ))}
      </div>
    </Panel>
  );
}

function FindingLine({ finding }: { finding: Finding }) {
  const { t } = useWords();
  return (
    <li className={css.finding} data-tier={finding.tier}>
      <TierBadge tier={finding.tier} />
      <span>{reasonWords(finding.code, t)}. <ReasonNumbers text={finding.text} /></span>
    </li>
  );
}

function amount(value: Meter["value"], meter: Meter, lot: string | null | undefined, language: Language): string {
  switch (meter.unit) {
    case "base": return formatSize(value, lot, language);
    case "money": return formatMoney(value, language);
    case "fraction": return formatPercent(value, language);
    case "factor": return `${formatNumber(value, language, { decimals: 2 })}${NBSP}×`;
    case "count": return formatCount(value, language);
  }
}

/** "0.1360 / 0.4000 BTC", the word for none, or the dash where no limit is set. */
function figures(meter: Meter, market: string, lot: string | null | undefined, language: Language, t: Words): string {
  const code = meter.unit === "base" ? NBSP + (market.split("-")[0] ?? "") : meter.unit === "money" ? `${NBSP}USD` : "";
  const value = meter.value.units === 0n && meter.unit === "money" ? t("risk.none") : amount(meter.value, meter, lot, language);
  return meter.limit ? `${value} / ${amount(meter.limit, meter, lot, language)}${code}` : `${value}${code}, ${t("risk.noLimit")}`;
}

function OneMeter({ meter, market }: { meter: Meter; market: string }) {
  const { t, language } = useWords();
  const lot = usePicture((picture) => picture.markets?.[market]?.lot_size);
  const text = figures(meter, market, lot, language, t);
  const label = t(`risk.${meter.id}`);
  const tier = isOver(meter) && meter.tier === "green" ? "orange" : meter.tier;
  return (
    <div>
      <div className={css.row}><span>{label}</span><span>{text}</span></div>
      <div className={css.bar} role="meter" aria-label={label} aria-valuenow={Math.round(meter.percent)} aria-valuemin={0} aria-valuemax={100} aria-valuetext={text}>
        <i data-tier={tier} style={{ width: `${meter.percent}%` }} />
        {meter.hatched > 0 && <u style={{ left: `${meter.percent}%`, width: `${meter.hatched}%` }} />}
        {Object.entries(meter.marks).map(([name, at]) => <b key={name} data-tier={name} style={{ left: `calc(${Math.min(at, 100)}% - 2px)` }} />)}
      </div>
    </div>
  );
}

const STEPS: readonly Tier[] = ["green", "yellow", "orange", "red"];

/** What each tier does, and from which share of a limit on. */
function Tiers({ tier, limits }: { tier: Tier; limits: Limits | undefined }) {
  const { t, language } = useWords();
  const at: Readonly<Record<Tier, unknown>> = { green: null, yellow: limits?.yellow_share, orange: limits?.orange_share, red: 1 };
  return (
    <ol className={css.tiers} aria-label={t("tier.legend")}>
      {STEPS.map((each) => {
        const share = at[each];
        return (
          <li key={each} data-tier={each} data-on={each === tier} aria-current={each === tier ? "true" : undefined}>
            {t(`tier.act_${each}`)}{typeof share === "number" || typeof share === "string" ? ` ${formatPercent(String(share), language, 0)}` : ""}
          </li>
        );
      })}
    </ol>
  );
}
